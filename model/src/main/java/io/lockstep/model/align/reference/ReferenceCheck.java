package io.lockstep.model.align.reference;

import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.RowLimits;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.image.Grid;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Compares a model with a reference folder, beginning with what goes into the network. */
public final class ReferenceCheck {

  private final LoadedModel model;
  private final Path folder;
  private final ReferenceCases cases;
  private final List<Comparison> comparisons = new ArrayList<>();
  private final List<String> notCompared = new ArrayList<>();

  private ReferenceCheck(LoadedModel model, Path folder) throws IOException {
    this.model = model;
    this.folder = folder;
    this.cases = ReferenceCases.read(folder);
  }

  /**
   * Compares everything the reference holds.
   *
   * @throws IOException if the folder lacks what a reference needs, or holds what no reference has
   */
  public static AlignmentReport run(LoadedModel model, Path folder) throws IOException {
    return new ReferenceCheck(model, folder).run();
  }

  private AlignmentReport run() throws IOException {
    Path file = folder.resolve(ReferenceNames.FORWARD);
    if (!Files.isRegularFile(file)) {
      throw new InvalidReferenceException(file, "is missing");
    }
    List<Sample> samples = new ArrayList<>();
    for (ReferenceCase example : cases.conversations()) {
      samples.add(
          model.encoder().forTraining("conversations[" + samples.size() + "]", example.answered()));
    }
    Batch batch = model.collator().collate(samples);
    tokenization();
    prompts(samples);
    try (SafetensorsFile forward = SafetensorsFile.open(file);
        Scope scope = Scope.open()) {
      require(forward, file);
      inputs(forward, batch);
      ModelPass pass = new ModelPass(model, batch);
      SequencedMap<String, Floats> computed = pass.forward(scope);
      outputs(forward, file, batch, computed, pass.conditioning());
    }
    gradients(batch);
    generations();
    cases.notCompared().forEach(key -> notCompared.add(key + " of cases.json: tells of training"));
    return new AlignmentReport(comparisons, notCompared);
  }

  private void tokenization() {
    for (ReferenceCases.Tokenized text : cases.tokenization()) {
      int index = cases.tokenization().indexOf(text);
      comparisons.add(
          Compare.exact(
              "tokenization[" + index + "]",
              Kind.INPUT,
              text.ids(),
              model.tokenizer().encodeTrusted(text.text())));
    }
    if (cases.tokenization().isEmpty()) {
      notHeld(ReferenceNames.TOKENIZATION);
    }
  }

  private void prompts(List<Sample> samples) throws IOException {
    for (int i = 0; i < samples.size(); i++) {
      ReferenceCase example = cases.conversations().get(i);
      String what = "conversations[" + i + "].";
      Sample prompt = model.encoder().prompt(what + "prompt", example.prompt());
      if (example.promptText() != null) {
        comparisons.add(
            Compare.exact(
                what + "prompt_text",
                Kind.INPUT,
                example.promptText(),
                model.encoder().promptText(example.prompt())));
      }
      count(what + "prompt_tokens", example.promptTokens(), prompt.tokens().length);
      int rest = samples.get(i).tokens().length - prompt.tokens().length;
      count(what + "answer_tokens", example.answerTokens(), rest);
    }
  }

  private void count(String what, @Nullable Integer wanted, int found) {
    if (wanted != null) {
      comparisons.add(Compare.exact(what, Kind.INPUT, new int[] {wanted}, new int[] {found}));
    }
  }

  private static void require(SafetensorsFile forward, Path file) throws IOException {
    List<String> missing =
        ReferenceNames.REQUIRED.stream().filter(name -> !forward.contains(name)).toList();
    if (!missing.isEmpty()) {
      throw new InvalidReferenceException(file, "lacks the tensors " + missing);
    }
  }

  private void inputs(SafetensorsFile forward, Batch batch) throws IOException {
    long rows = batch.rows();
    long length = batch.length();
    List<Long> plane = List.of(rows, length);
    longs(forward, ReferenceNames.INPUT_IDS, plane, batch.ids());
    longs(forward, ReferenceNames.ATTENTION_MASK, plane, batch.attentionMask());
    longs(forward, ReferenceNames.LABELS, plane, batch.labels());
    longs(forward, ReferenceNames.POSITION_IDS, List.of(3L, rows, length), batch.positionIds());
    if (forward.contains(ReferenceNames.GRIDS)) {
      List<Long> shape = List.of((long) batch.grids().size(), 3L);
      longs(forward, ReferenceNames.GRIDS, shape, grids(batch));
    } else if (batch.patches() > 0) {
      notHeld(ReferenceNames.GRIDS);
    }
    if (forward.contains(ReferenceNames.PIXEL_VALUES)) {
      long patches = batch.patches();
      Floats pixels =
          Floats.of(batch.pixels(), patches, patches == 0 ? 0 : batch.pixels().length / patches);
      comparisons.add(
          Compare.exact(
              ReferenceNames.PIXEL_VALUES,
              Kind.INPUT,
              floats(forward, ReferenceNames.PIXEL_VALUES),
              pixels));
    } else if (batch.patches() > 0) {
      notHeld(ReferenceNames.PIXEL_VALUES);
    }
  }

  static long[] grids(Batch batch) {
    return batch.grids().stream()
        .flatMapToLong((Grid grid) -> LongStream.of(grid.t(), grid.h(), grid.w()))
        .toArray();
  }

  private void longs(SafetensorsFile forward, String name, List<Long> shape, long[] actual)
      throws IOException {
    requireType(forward, name, DType.I64);
    comparisons.add(
        Compare.exact(
            name, forward.info(name).shape(), forward.values(name).toLongs(), shape, actual));
  }

  private Floats floats(SafetensorsFile file, String name) throws IOException {
    requireType(file, name, DType.F32);
    return new Floats(file.info(name).shape(), file.buffer(name));
  }

  private void requireType(SafetensorsFile file, String name, DType type) throws IOException {
    if (file.info(name).dtype() != type) {
      throw new InvalidReferenceException(
          folder,
          "holds tensor %s as %s; references hold it as %s"
              .formatted(name, file.info(name).dtype(), type));
    }
  }

  private void outputs(
      SafetensorsFile forward,
      Path file,
      Batch batch,
      SequencedMap<String, Floats> computed,
      Map<String, float[]> moved)
      throws IOException {
    Set<String> unknown = new TreeSet<>(forward.names());
    unknown.removeAll(ReferenceNames.REQUIRED);
    unknown.removeAll(List.of(ReferenceNames.PIXEL_VALUES, ReferenceNames.GRIDS));
    unknown.removeAll(computed.keySet());
    if (!unknown.isEmpty()) {
      throw new InvalidReferenceException(
          file, "holds tensors that this model does not compute: " + unknown);
    }
    LongPredicate present = row -> batch.attentionMask()[(int) row] == 1;
    for (Map.Entry<String, Floats> entry : computed.entrySet()) {
      String name = entry.getKey();
      if (!forward.contains(name)) {
        notHeld(name);
        continue;
      }
      if (name.equals(ReferenceNames.LOSS)) {
        Floats logits = floats(forward, ReferenceNames.LOGITS);
        RowLimits limits = limits(moved, ReferenceNames.LOGITS);
        comparisons.add(
            Compare.loss(name, floats(forward, name), entry.getValue(), logits, present, limits));
        continue;
      }
      boolean output = name.equals(ReferenceNames.LOGITS);
      boolean perToken = output || name.startsWith("text_");
      comparisons.add(
          Compare.close(
              name,
              output ? Kind.OUTPUT : Kind.LAYER,
              floats(forward, name),
              entry.getValue(),
              perToken ? present : row -> true,
              limits(moved, name)));
    }
  }

  private RowLimits limits(Map<String, float[]> moved, String name) {
    int layers = model.config().vision().depth() + model.config().text().layers();
    return tolerance().limits(layers, Objects.requireNonNull(moved.get(name)));
  }

  private Tolerance tolerance() {
    return Tolerance.of(model.config().computeType());
  }

  private void gradients(Batch batch) throws IOException {
    Path file = folder.resolve(ReferenceNames.GRADIENTS);
    if (!Files.exists(file)) {
      notHeld(ReferenceNames.GRADIENTS);
      return;
    }
    try (SafetensorsFile reference = SafetensorsFile.open(file);
        Scope scope = Scope.open()) {
      SequencedMap<String, Floats> computed = new ModelPass(model, batch).gradients(scope);
      Set<String> unknown = new TreeSet<>(reference.names());
      unknown.removeAll(computed.keySet());
      if (!unknown.isEmpty()) {
        throw new InvalidReferenceException(
            file, "holds gradients of parameters that this model has not: " + unknown);
      }
      for (Map.Entry<String, Floats> entry : computed.entrySet()) {
        if (reference.contains(entry.getKey())) {
          comparisons.add(
              Compare.gradient(
                      entry.getKey(),
                      floats(reference, entry.getKey()),
                      entry.getValue(),
                      tolerance())
                  .named("gradient " + entry.getKey()));
        } else {
          notHeld("gradient of " + entry.getKey());
        }
      }
    }
  }

  private void generations() throws IOException {
    comparisons.addAll(GeneratedTokens.compare(model, folder, cases));
    if (cases.generations().isEmpty()) {
      notHeld(ReferenceNames.GENERATE);
    }
  }

  private void notHeld(String name) {
    notCompared.add(name + ": the reference does not hold it");
  }
}
