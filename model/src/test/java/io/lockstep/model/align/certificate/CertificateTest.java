package io.lockstep.model.align.certificate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A certificate holds for the checkpoint it was written with, and for no other. */
@ParameterizedClass
@EnumSource
class CertificateTest {

  private final GoldenFamily family;
  @TempDir private Path dir;
  private Path checkpoint = Path.of("");

  CertificateTest(GoldenFamily family) {
    this.family = family;
  }

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void copyModel() throws IOException {
    checkpoint = Files.createDirectory(dir.resolve("checkpoint"));
    for (Path file : list(family.checkpoint())) {
      Files.copy(file, checkpoint.resolve(file.getFileName()));
    }
  }

  @Tag("numeric")
  @Test
  void anUntouchedCheckpointHoldsOnAllPaths() throws IOException {
    holdsOnAllPaths();
  }

  /** Published models declare bfloat16, and what is trained of them is stored in float32. */
  @Test
  void itHoldsForACheckpointOfAModelThatDeclaresAnotherType() throws IOException {
    edit("config.json", json -> json.put("dtype", "bfloat16"));
    Path saved = Files.createDirectory(dir.resolve("saved"));
    try (LoadedModel model = LoadedModel.open(checkpoint)) {
      model.save(saved);
      CertificateWriter.write(saved, model, model.trainable().trained(), probes());
    }
    checkpoint = saved;
    AlignmentReport report = check();
    assertTrue(report.agrees(), report::table);
  }

  @Test
  void itHoldsForACheckpointWhosePicturesAreSmallerThanTheModelsOwn() throws IOException {
    Path saved = Files.createDirectory(dir.resolve("saved"));
    try (LoadedModel model = LoadedModel.open(checkpoint)) {
      int token = model.pictures().factor() * model.pictures().factor();
      model.replacePixelLimits(Optional.of(token), Optional.of(4 * token), "a test");
      model.save(saved);
      CertificateWriter.write(saved, model, model.trainable().trained(), probes());
    }
    checkpoint = saved;
    AlignmentReport report = check();
    assertTrue(report.agrees(), report::table);
    Files.copy(
        family.checkpoint().resolve("preprocessor_config.json"),
        saved.resolve("preprocessor_config.json"),
        StandardCopyOption.REPLACE_EXISTING);
    assertFalse(check().agrees(), "pictures are seen otherwise than in training");
  }

  @Tag("numeric")
  @Test
  void theTypeThatWasComputedInIsPartOfIt() throws IOException {
    Path run = checkpoint.resolve("run.yaml");
    FileWrites.text(run, "model: {torch_dtype: bfloat16}\n");
    holdsOnAllPaths();

    FileWrites.text(run, "model: {torch_dtype: float32}\n");
    AlignmentReport other = check();

    assertEquals("dtype", other.firstDifference().orElseThrow().what(), other::summary);
    assertTrue(differing(other).contains("training: vision_block_0"), other::table);
  }

  @Test
  void anotherKernelOfAttentionIsToldByItsName() throws IOException {
    assertEquals(List.of(), certifiedAndChecked().remarks());
    Path run = checkpoint.resolve("run.yaml");
    FileWrites.text(run, "model: {attn_impl: eager}\n");
    AlignmentReport report = check();

    assertTrue(report.agrees(), report::table);
    boolean fused = family == GoldenFamily.QWEN3_VL;
    assertEquals(
        fused
            ? List.of("attention vision is computed by math here, by cpu_flash in training")
            : List.of(),
        report.remarks(),
        "the tower of the other family composes attention in any case");
    assertEquals(fused, report.table().contains("OK, is computed by math here"), report::table);
  }

  private AlignmentReport certifiedAndChecked() throws IOException {
    certify();
    return check();
  }

  private void holdsOnAllPaths() throws IOException {
    List<String> files = certify();
    AlignmentReport report = check();

    assertTrue(report.agrees(), report::table);
    assertEquals(List.of(), report.notCompared());
    List<String> compared = report.comparisons().stream().map(Comparison::what).toList();
    for (String path : List.of("training: ", "served alone: ", "served as a batch: ")) {
      for (String layer : List.of("vision_block_0", "vision_merger", "text_layer_3", "logits")) {
        assertTrue(compared.contains(path + layer), path + layer);
      }
    }
    assertTrue(
        report.comparisons().stream()
            .filter(row -> row.what().startsWith("training"))
            .allMatch(row -> row.verdict() == Comparison.Verdict.IDENTICAL),
        report::table);
    assertTrue(files.stream().allMatch(file -> Files.isRegularFile(checkpoint.resolve(file))));
  }

  @Test
  void theSameParametersGiveTheSameBytes() throws IOException {
    List<String> files = certify();
    List<byte[]> first = new ArrayList<>();
    for (String file : files) {
      first.add(Files.readAllBytes(checkpoint.resolve(file)));
      Files.delete(checkpoint.resolve(file));
    }
    Files.delete(checkpoint.resolve("alignment"));

    assertEquals(files, certify());
    for (int i = 0; i < first.size(); i++) {
      assertArrayEquals(first.get(i), Files.readAllBytes(checkpoint.resolve(files.get(i))));
    }
  }

  @Test
  void itHoldsWhereTheTrainingDataIsNot() throws IOException {
    certify();
    assertFalse(Files.readString(checkpoint.resolve("alignment.json")).contains("img0.png"));
    checkpoint = Files.move(checkpoint, dir.resolve("moved"));
    assertTrue(check().agrees());
  }

  @Test
  void anotherMeanOfThePreprocessorIsNamedAndFoundInTheFirstLayer() throws IOException {
    certify();
    edit(
        "preprocessor_config.json", json -> json.putArray("image_mean").add(0.4).add(0.5).add(0.5));

    AlignmentReport report = check();

    assertDiffers(report, "preprocessor_config.json", "training: vision_block_0");
    assertTrue(report.summary().contains("image_mean[0] is 0.4, not 0."), report::summary);
    assertTrue(differing(report).contains("probe 0 pixel_values"), report::table);
  }

  @Test
  void settingsThatNoProbeShowsAreFound() throws IOException {
    certify();
    largestPicture(32768);
    refusedForOneSetting("preprocessor_config.json", "max_pixels is 32768, not 65536");
    largestPicture(65536);

    edit("tokenizer_config.json", json -> json.put("padding_side", "right"));
    refusedForOneSetting("tokenizer_config.json", "padding_side is \"right\", not \"left\"");
    edit("tokenizer_config.json", json -> json.put("padding_side", "left"));

    Path generation = checkpoint.resolve("generation_config.json");
    String sound = Files.readString(generation);
    edit("generation_config.json", json -> ((ArrayNode) json.get("eos_token_id")).remove(1));
    refusedForOneSetting("generation_config.json", "eos_token_id is [");
    Files.writeString(generation, sound);
    edit("generation_config.json", json -> json.put("temperature", 0.7));
    assertTrue(check().agrees(), "recommended sampling may change");
  }

  private void largestPicture(int pixels) throws IOException {
    edit(
        "preprocessor_config.json",
        json -> {
          json.put("max_pixels", pixels);
          json.withObject("/size").put("longest_edge", pixels);
        });
  }

  private void refusedForOneSetting(String file, String why) throws IOException {
    AlignmentReport report = check();
    assertEquals(List.of(file), differing(report), report::table);
    assertTrue(report.summary().contains(why), report::summary);
  }

  @Test
  void swappedTokensAreFoundInTheTokenizerAndInTheTokens() throws IOException {
    certify();
    edit(
        "tokenizer.json",
        json -> {
          ObjectNode vocabulary = (ObjectNode) json.path("model").path("vocab");
          int one = vocabulary.path("1").asInt();
          vocabulary.put("1", vocabulary.path("2").asInt()).put("2", one);
        });

    AlignmentReport report = check();

    assertEquals("tokenizer.json", report.firstDifference().orElseThrow().what(), report::summary);
    assertTrue(differing(report).contains("probe 0 tokens"), report::table);
  }

  @Test
  void theTokenBudgetIsPartOfIt() throws IOException {
    edit("vision.json", json -> json.put("token_budget", 0.5));
    holdsOnAllPaths();

    edit("vision.json", json -> json.put("token_budget", 0.25));
    AlignmentReport other = check();

    assertEquals("vision.json", other.firstDifference().orElseThrow().what(), other::summary);
    assertTrue(other.summary().contains("token_budget is 0.25, not 0.5"), other::summary);
    assertTrue(differing(other).contains("probe 0 kept_tokens"), other::table);
    assertTrue(differing(other).contains("probe 0 tokens"), other::table);
  }

  @Test
  void anAdapterIsCertifiedTogetherWithItsBase() throws IOException {
    Tuning stored = new Tuning.StoredAdapter(family.file("adapter"));
    certifyAdapter(stored, adapter -> {});
    AlignmentReport report = check();
    assertTrue(report.agrees(), report::table);

    edit("adapter_config.json", json -> json.put("lora_alpha", 5));
    AlignmentReport scaled = check();
    assertTrue(
        scaled.firstDifferingLayer().orElseThrow().what().startsWith("training: "),
        scaled::summary);
  }

  @Test
  void aCertificateShowsAnAdapterAsItIsNowNotAsItWasLoaded() throws IOException {
    AdapterPlan plan =
        AdapterPlan.of(
            AdapterConfig.of(2, 4, new Targets.AllLinear()).withDora(true).withDropout(0.5),
            layout(),
            Set.of());
    certifyAdapter(
        new Tuning.NewAdapter(plan, 7),
        adapter -> {
          MemorySegment flat = Buffer.of(adapter.flat()).hostBytes();
          for (long i = 0; i < flat.byteSize() / Float.BYTES; i++) {
            float value = flat.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            flat.setAtIndex(
                ValueLayout.JAVA_FLOAT, i, value + 0.05f * (float) Math.sin((double) i));
          }
        });

    AlignmentReport report = check();

    assertTrue(report.agrees(), report::table);
  }

  private ParameterLayout layout() throws IOException {
    return ModelFamilies.read(checkpoint.resolve("config.json")).layout();
  }

  /**
   * Writes a checkpoint with an adapter after a change of its values, as an optimizer makes one.
   */
  private void certifyAdapter(Tuning tuning, Consumer<Parameters> change) throws IOException {
    Path folder = Files.createDirectory(dir.resolve("adapter"));
    try (LoadedModel model = LoadedModel.open(checkpoint, tuning)) {
      change.accept(model.trainable().trained());
      model.save(folder);
      CertificateWriter.write(folder, model, probes());
    }
    checkpoint = folder;
  }

  @Test
  void aChangedWeightIsFoundInItsLayer() throws IOException {
    certify();
    changeWeight("model.language_model.layers.1.mlp.down_proj.weight");
    assertDiffers(check(), "weights_sha256", "training: text_layer_1");
    changeWeight("model.visual.blocks.2.attn.proj.weight");
    assertDiffers(check(), "weights_sha256", "training: vision_block_2");
  }

  /** Keys and queries so large that the softmax of their products is steep. */
  @Tag("numeric")
  @Test
  void aSoundModelWhoseValuesRoundingMovesFarHolds() throws IOException {
    steepAttention();
    certify();
    AlignmentReport report = check();
    assertTrue(report.agrees(), report::table);

    beforeConditioningWasMeasured();
    assertFalse(check().agrees(), "the number of layers alone does not tell how far");
  }

  @Tag("numeric")
  @Test
  void aWrongModelIsFoundHoweverFarRoundingMovesItsValues() throws IOException {
    steepAttention();
    certify();
    changeWeight("model.language_model.layers.1.mlp.down_proj.weight");
    assertDiffers(check(), "weights_sha256", "training: text_layer_1");
  }

  @Test
  void anotherEpsilonIsFoundInItsLayers() throws IOException {
    certify();
    edit(
        "config.json",
        json -> {
          ObjectNode text = json.has("text_config") ? json.withObject("/text_config") : json;
          text.put("rms_norm_eps", 2 * text.path("rms_norm_eps").doubleValue());
        });
    AlignmentReport report = check();
    assertEquals("config.json", report.firstDifference().orElseThrow().what(), report::summary);
    assertTrue(report.firstDifferingLayer().isPresent(), report::table);
  }

  @Test
  void aCertificateFromBeforeConditioningWasMeasuredStillHolds() throws IOException {
    certify();
    beforeConditioningWasMeasured();
    AlignmentReport report = check();
    assertTrue(report.agrees(), report::table);
    changeWeight("model.language_model.layers.1.mlp.down_proj.weight");
    assertDiffers(check(), "weights_sha256", "training: text_layer_1");
  }

  /** Qwen3-VL normalises its keys, which takes more. */
  private void steepAttention() throws IOException {
    times(
        family == GoldenFamily.QWEN3_VL ? 8 : 5,
        name -> name.matches(".*(q_proj|k_proj|q_norm|qkv)[.].*"));
  }

  private void beforeConditioningWasMeasured() throws IOException {
    edit("alignment.json", json -> json.put("schema", 1));
  }

  @Test
  void anotherSystemMessageIsFoundInThePrompt() throws IOException {
    certify();
    Conversation trained = probes().getFirst().prompt();
    try (LoadedModel model = LoadedModel.open(checkpoint)) {
      AlignmentReport report =
          CertificateCheck.run(
                  checkpoint,
                  model,
                  LoadedModel.storedSha256(checkpoint),
                  (task, picture) -> {
                    assertEquals(Probe.Task.SUMMARY, task);
                    Content text = trained.messages().getFirst().contents().getLast();
                    return List.of(
                        new Conversation(
                            List.of(
                                Message.text(Role.SYSTEM, "You are somebody else."),
                                new Message(
                                    Role.USER, List.of(new Content.Image(picture), text)))));
                  })
              .report();
      assertEquals("probe 0 prompt", report.firstDifference().orElseThrow().what());
      assertTrue(report.summary().contains("system"), report::summary);
    }
  }

  @Test
  void paddingOnTheOtherSideIsFoundInTheBatch() throws IOException {
    try (LoadedModel model = LoadedModel.open(checkpoint)) {
      CertificateWriter.write(
          checkpoint,
          model,
          model.trainable().trained(),
          probes(),
          samples -> paddedRight(model.collator().collate(samples)));
    }
    AlignmentReport report = check();
    assertEquals("batch input_ids", report.firstDifference().orElseThrow().what(), report::summary);
  }

  @Test
  void aTamperedCertificateIsRefused() throws IOException {
    assertTrue(refusal().contains("no alignment certificate"));
    certify();
    Path json = checkpoint.resolve("alignment.json");
    String sound = Files.readString(json);

    assertRefused(json, sound.replace("\"schema\" : 2", "\"schema\" : 3"), "schema");
    assertRefused(json, sound.replaceAll("alignment/[0-9a-f]{64}", "../secret"), "none of its own");
    assertRefused(
        json, sound.replaceFirst("\"tokens\" : \\[", "\"tokens\" : [ \"x\","), "whole numbers");
    assertRefused(json, sound.substring(0, sound.length() / 2), "is not JSON");
    assertRefused(json, sound.replaceFirst("\"settings\"", "\"other\""), "lacks the object");
    Files.writeString(json, sound);
    Path values = checkpoint.resolve("alignment/values.safetensors");
    byte[] computed = Files.readAllBytes(values);
    computed[computed.length - 1] ^= 1;
    Files.write(values, computed);
    assertTrue(refusal().contains("was written with other values"), this::refusal);
    computed[computed.length - 1] ^= 1;
    Files.write(values, computed);
    assertTrue(check().agrees());
    Path picture =
        list(checkpoint.resolve("alignment")).stream()
            .filter(file -> file.toString().endsWith(".png"))
            .findFirst()
            .orElseThrow();
    Files.write(picture, new byte[] {1});
    assertTrue(refusal().contains("another digest"));
  }

  private void assertRefused(Path file, String content, String why) throws IOException {
    Files.writeString(file, content);
    assertTrue(refusal().contains(why), this::refusal);
  }

  private static void assertDiffers(AlignmentReport report, String first, String layer) {
    assertEquals(first, report.firstDifference().orElseThrow().what(), report::summary);
    assertEquals(
        layer, report.firstDifferingLayer().map(Comparison::what).orElse(""), report::summary);
    assertTrue(report.tableOfDifferences(100).contains(layer));
  }

  private static List<String> differing(AlignmentReport report) {
    return report.comparisons().stream()
        .filter(row -> !row.agrees())
        .map(Comparison::what)
        .toList();
  }

  /** Changes a JSON file of the checkpoint, which may be missing. */
  private void edit(String name, Consumer<ObjectNode> change) throws IOException {
    Path file = checkpoint.resolve(name);
    ObjectMapper json = new ObjectMapper();
    ObjectNode root =
        Files.exists(file) ? (ObjectNode) json.readTree(file.toFile()) : json.createObjectNode();
    change.accept(root);
    json.writeValue(file.toFile(), root);
  }

  private List<String> certify() throws IOException {
    try (LoadedModel model = LoadedModel.open(checkpoint)) {
      return CertificateWriter.write(checkpoint, model, probes());
    }
  }

  private AlignmentReport check() throws IOException {
    try (LoadedModel model = LoadedModel.open(checkpoint)) {
      return CertificateCheck.run(checkpoint, model, LoadedModel.storedSha256(checkpoint), null)
          .report();
    }
  }

  private String refusal() {
    return String.valueOf(
        assertThrows(InvalidCertificateException.class, this::check).getMessage());
  }

  /** One picture, two pictures with a system message, and text alone. */
  private List<Probe> probes() throws IOException {
    List<Probe> probes = new ArrayList<>();
    for (int index : List.of(0, 1, 2)) {
      probes.add(
          new Probe(
              "record " + index,
              index == 0 ? Probe.Task.SUMMARY : Probe.Task.OTHER,
              family.conversations().get(index).answered()));
    }
    return probes;
  }

  private void changeWeight(String name) throws IOException {
    times(1.01, name::equals);
  }

  /** Multiplies the weights of those names. */
  private void times(double factor, Predicate<String> names) throws IOException {
    Path changed = Files.createDirectory(dir.resolve("changed"));
    try (LoadedModel model = LoadedModel.open(checkpoint);
        var _ = Scope.open()) {
      for (ParameterLayout.Slot slot : model.parameters().layout().slots()) {
        if (names.test(slot.spec().name())) {
          var _ = model.parameters().get(slot.spec().name()).muli(factor);
        }
      }
      model.save(changed);
    }
    for (Path file : list(changed)) {
      Files.move(file, checkpoint.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
    Files.delete(changed);
  }

  /** The same rows with their padding behind them. */
  private static Batch paddedRight(Batch batch) {
    long[] ids = batch.ids().clone();
    long[] mask = batch.attentionMask().clone();
    long[] labels = batch.labels().clone();
    int length = batch.length();
    for (int row = 0; row < batch.rows(); row++) {
      int from = row * length;
      int padding = (int) (length - Arrays.stream(mask, from, from + length).sum());
      for (long[] values : List.of(ids, mask, labels)) {
        rotate(values, from, length, padding);
      }
    }
    return new Batch(
        batch.rows(),
        length,
        ids,
        mask,
        labels,
        batch.positionIds(),
        batch.nextPositions(),
        batch.pixels(),
        batch.grids());
  }

  private static void rotate(long[] values, int from, int length, int by) {
    long[] row = Arrays.copyOfRange(values, from, from + length);
    for (int t = 0; t < length; t++) {
      values[from + t] = row[(t + by) % length];
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
