package io.lockstep.model.align.certificate;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.ConversationJson;
import io.lockstep.model.align.RowLimits;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.AttentionKernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Recomputes a certificate with a loaded model: what goes into the network, exactly; then every
 * layer, the logits and the loss along three paths: as training computed them, and as serving does,
 * through prefill and cached decoding, each probe alone and all as one batch.
 */
public final class CertificateCheck {

  private static final Comparator<Comparison> BY_SEVERITY =
      Comparator.comparing(Comparison::verdict).thenComparingDouble(Comparison::difference);

  private final Certificate certificate;
  private final LoadedModel model;
  private final List<EncodedProbe> probes = new ArrayList<>();
  private final List<Selection> selections;
  private final List<Comparison> comparisons = new ArrayList<>();
  private final List<String> notCompared = new ArrayList<>();

  private CertificateCheck(Certificate certificate, LoadedModel model) throws IOException {
    this.certificate = certificate;
    this.model = model;
    this.selections = certificate.entries().stream().map(Certificate.Entry::selection).toList();
    for (Certificate.Entry entry : certificate.entries()) {
      probes.add(EncodedProbe.of(model.encoder(), entry.probe()));
    }
  }

  /**
   * How a check ended.
   *
   * @param report what was compared
   * @param probes records the certificate was made of
   */
  public record Outcome(AlignmentReport report, int probes) {}

  /** Whether a folder has a certificate. */
  public static boolean isCertified(Path folder) {
    return Files.exists(folder.resolve(Certificate.FILE_NAME));
  }

  /**
   * Recomputes the certificate in a folder.
   *
   * @param weightsSha256 SHA-256 over the tensors of the loaded model in name order
   * @param words how the caller asks about a picture; null if it does not
   * @throws IOException if the certificate is missing or not one
   */
  public static Outcome run(
      Path folder, LoadedModel model, String weightsSha256, @Nullable ServedWords words)
      throws IOException {
    CertificateCheck check = new CertificateCheck(CertificateReader.read(folder), model);
    return new Outcome(check.run(weightsSha256, words), check.probes.size());
  }

  private AlignmentReport run(String weightsSha256, @Nullable ServedWords words)
      throws IOException {
    text("dtype", certificate.dtype(), model.config().computeType().publicName());
    text("weights_sha256", certificate.weightsSha256(), weightsSha256);
    text("model_type", certificate.modelType(), model.config().modelType());
    attention();
    comparisons.addAll(certificate.settings().endingAt(model).compare(Settings.of(model)));
    for (int row = 0; row < probes.size(); row++) {
      inputs(row, words);
    }
    Batch batch = model.collator().collate(probes.stream().map(EncodedProbe::sample).toList());
    digests("batch ", certificate.batch(), InputDigests.of(batch));
    if (comparable()) {
      path(
          "training",
          TrainingPath.values(model, model.trainable().trained(), batch, probes, selections));
      List<ProbeValues> alone = new ArrayList<>();
      for (int row = 0; row < probes.size(); row++) {
        alone.addAll(
            ServingPath.values(model, List.of(probes.get(row)), List.of(selections.get(row))));
      }
      path("served alone", alone);
      path("served as a batch", ServingPath.values(model, probes, selections));
    } else {
      notCompared.add("layers and logits: other tokens go into the network");
    }
    return new AlignmentReport(comparisons, notCompared);
  }

  /** Another kernel is told by its name; what it computes is what counts. */
  private void attention() {
    Map<String, String> own = AttentionKernels.of(model.config()).kernels();
    certificate
        .attention()
        .forEach((place, trained) -> {
          String served = own.getOrDefault(place, "nothing");
          boolean same = served.equals(trained);
          comparisons.add(
              new Comparison(
                  "attention " + place,
                  Kind.INPUT,
                  List.of(),
                  0,
                  0,
                  "any",
                  same ? Comparison.Verdict.IDENTICAL : Comparison.Verdict.WITHIN_TOLERANCE,
                  same
                      ? ""
                      : "is computed by %s here, by %s in training".formatted(served, trained)));
        });
  }

  private void inputs(int row, @Nullable ServedWords words) throws IOException {
    Certificate.Entry entry = certificate.entries().get(row);
    EncodedProbe probe = probes.get(row);
    String what = "probe " + row + " ";
    List<ImageSource> pictures = entry.probe().conversation().images();
    if (words != null && pictures.size() == 1) {
      List<String> asked = new ArrayList<>();
      for (Conversation wording : words.of(entry.probe().task(), pictures.getFirst())) {
        asked.add(json(wording));
      }
      String trained = json(entry.probe().prompt());
      if (!asked.isEmpty()) {
        text(what + "prompt", trained, asked.contains(trained) ? trained : asked.getFirst());
      }
    }
    comparisons.add(
        Compare.exact(what + "tokens", Kind.INPUT, entry.tokens(), probe.sample().tokens()));
    comparisons.add(
        Compare.exact(what + "labels", Kind.INPUT, entry.labels(), probe.sample().labels()));
    comparisons.add(
        Compare.exact(
            what + "prompt tokens",
            Kind.INPUT,
            Arrays.copyOf(entry.tokens(), entry.promptTokens()),
            probe.prompt().tokens()));
    text(what + "image_grid_thw", entry.grids().toString(), probe.grids().toString());
    digests(
        what, entry.inputs(), InputDigests.of(model.collator().collate(List.of(probe.sample()))));
  }

  private static String json(Conversation conversation) throws IOException {
    return ConversationJson.write(conversation, ImageSource::name).toString();
  }

  private void digests(String what, InputDigests reference, InputDigests actual) {
    text(what + "length", String.valueOf(reference.length()), String.valueOf(actual.length()));
    text(what + "input_ids", reference.inputIds(), actual.inputIds());
    text(what + "attention_mask", reference.attentionMask(), actual.attentionMask());
    text(what + "labels", reference.labels(), actual.labels());
    text(what + "position_ids", reference.positionIds(), actual.positionIds());
    text(what + "pixel_values", reference.pixelValues(), actual.pixelValues());
    text(what + "kept_tokens", reference.keptTokens(), actual.keptTokens());
  }

  private void text(String what, String reference, String actual) {
    comparisons.add(Compare.exact(what, Kind.INPUT, reference, actual));
  }

  /** Whether the rows of the certificate exist in what this model was given. */
  private boolean comparable() {
    for (int row = 0; row < probes.size(); row++) {
      Certificate.Entry entry = certificate.entries().get(row);
      EncodedProbe probe = probes.get(row);
      List<Grid> grids = entry.grids();
      if (!grids.equals(probe.grids())
          || entry.tokens().length != probe.sample().tokens().length
          || entry.promptTokens() != probe.promptTokens()) {
        return false;
      }
    }
    return true;
  }

  /** Compares all probes along one path: one row a layer, that of the probe that differs most. */
  private void path(String name, List<ProbeValues> values) {
    SequencedMap<String, List<Comparison>> byLayer = new LinkedHashMap<>();
    for (int row = 0; row < values.size(); row++) {
      ProbeValues reference = certificate.entries().get(row).values();
      ProbeValues actual = values.get(row);
      for (Map.Entry<String, Floats> layer : actual.layers().entrySet()) {
        Floats wanted = reference.layers().get(layer.getKey());
        add(byLayer, row, layer.getKey(), Kind.LAYER, wanted, layer.getValue());
      }
      for (String layer : reference.layers().keySet()) {
        if (!actual.layers().containsKey(layer)) {
          add(byLayer, row, layer, Kind.LAYER, reference.layers().get(layer), null);
        }
      }
    }
    for (int row = 0; row < values.size(); row++) {
      ProbeValues reference = certificate.entries().get(row).values();
      add(
          byLayer,
          row,
          CertificateWriter.LOGITS,
          Kind.OUTPUT,
          reference.logits(),
          values.get(row).logits());
      byLayer
          .computeIfAbsent("loss", key -> new ArrayList<>())
          .add(loss(row, reference, values.get(row)).noted("probe " + row));
    }
    byLayer.forEach((layer, ofProbes) ->
        comparisons.add(
            ofProbes.stream().max(BY_SEVERITY).orElseThrow().named(name + ": " + layer)));
  }

  private void add(
      Map<String, List<Comparison>> byLayer,
      int row,
      String layer,
      Kind kind,
      @Nullable Floats reference,
      @Nullable Floats actual) {
    Floats none = Floats.of(new float[0], 0);
    byLayer
        .computeIfAbsent(layer, key -> new ArrayList<>())
        .add(
            Compare.close(
                    layer,
                    kind,
                    reference == null ? none : reference,
                    actual == null ? none : actual,
                    any -> true,
                    limits(row, layer))
                .noted("probe " + row));
  }

  private Comparison loss(int row, ProbeValues reference, ProbeValues actual) {
    return Compare.loss(
        "loss",
        loss(reference),
        loss(actual),
        reference.logits(),
        any -> true,
        limits(row, CertificateWriter.LOGITS));
  }

  private static Floats loss(ProbeValues values) {
    return Floats.of(new float[] {(float) values.loss()});
  }

  /** What was measured when the certificate was written, or else the number of layers, counts. */
  private RowLimits limits(int row, String layer) {
    ProbeConditioning conditioning = certificate.entries().get(row).conditioning();
    float[] moved =
        conditioning == null
            ? null
            : layer.equals(CertificateWriter.LOGITS)
                ? conditioning.logits()
                : conditioning.layers().get(layer);
    Tolerance tolerance = Tolerance.of(model.config().computeType());
    return moved == null ? tolerance.limits(layers()) : tolerance.limits(layers(), moved);
  }

  private int layers() {
    return model.config().vision().depth() + model.config().text().layers();
  }
}
