package io.lockstep.model.align.certificate;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.align.Conditioning;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.OriginalWeights;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Computes probes as training does: all of them as one left-padded batch, answers given, through
 * the weights as they are now and without dropout.
 */
final class TrainingPath {

  private TrainingPath() {}

  static List<ProbeValues> values(
      LoadedModel model,
      Parameters trained,
      Batch batch,
      List<EncodedProbe> probes,
      List<Selection> selections) {
    return values(
        model,
        model.config(),
        scope -> model.trainable().recorded(scope, trained.byName(), Dropout.NONE),
        batch,
        probes,
        selections);
  }

  /** How far float32 roundings move the values of each probe. */
  static List<ProbeConditioning> conditioning(
      LoadedModel model,
      Parameters trained,
      Batch batch,
      List<EncodedProbe> probes,
      List<Selection> selections)
      throws IOException {
    ModelConfig config = Conditioning.measuring(model.config());
    try (OriginalWeights originals = model.originals()) {
      Function<Scope, Weights> undisturbed =
          scope -> model.trainable().recorded(scope, originals, trained.byName(), Dropout.NONE);
      List<ProbeValues> values = values(model, config, undisturbed, batch, probes, selections);
      List<ProbeConditioning> moved = values.stream().map(ProbeConditioning::none).toList();
      for (int pass = 0; pass < Conditioning.PASSES; pass++) {
        int number = pass;
        Function<Scope, Weights> weights =
            scope -> Conditioning.disturbed(scope, undisturbed.apply(scope), number);
        List<ProbeValues> disturbed = values(model, config, weights, batch, probes, selections);
        for (int row = 0; row < values.size(); row++) {
          moved.get(row).widen(values.get(row), disturbed.get(row));
        }
      }
      return moved;
    }
  }

  private static List<ProbeValues> values(
      LoadedModel model,
      ModelConfig config,
      Function<Scope, Weights> weights,
      Batch batch,
      List<EncodedProbe> probes,
      List<Selection> selections) {
    List<ValueCollector> collectors = new ArrayList<>();
    for (int row = 0; row < probes.size(); row++) {
      collectors.add(new ValueCollector(probes.get(row), selections.get(row)));
    }
    Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        VisionLanguageModel network = new VisionLanguageModel(config, weights.apply(scope));
        NDArray hidden_BTH =
            network.hidden(
                scope,
                batch,
                null,
                (name, activation) -> layer(model, batch, probes, collectors, name, activation));
        detections(model, scope, network, batch, hidden_BTH, probes, collectors);
        Targets compared = compared(batch, probes);
        logits(
            batch,
            compared,
            probes,
            collectors,
            network.prediction(scope, batch, hidden_BTH, compared).logits());
      }
    });
    return collectors.stream().map(ValueCollector::finish).toList();
  }

  /** What a detection head predicts of the probes with one picture, if the model has one. */
  private static void detections(
      LoadedModel model,
      Scope scope,
      VisionLanguageModel network,
      Batch batch,
      NDArray hidden_BTH,
      List<EncodedProbe> probes,
      List<ValueCollector> collectors) {
    Optional<DetectionConfig> head = model.config().detection();
    if (head.isEmpty() || batch.patches() == 0) {
      return;
    }
    float[] values = HostValues.floats(network.detections(scope, batch, hidden_BTH));
    for (int row = 0; row < probes.size(); row++) {
      if (probes.get(row).sample().images().size() == 1) {
        collectors.get(row).detections(values, row, head.get());
      }
    }
  }

  private static void layer(
      LoadedModel model,
      Batch batch,
      List<EncodedProbe> probes,
      List<ValueCollector> collectors,
      String name,
      NDArray activation) {
    int mergeSize = model.config().vision().spatialMergeSize();
    int firstPatch = 0;
    for (int row = 0; row < probes.size(); row++) {
      EncodedProbe probe = probes.get(row);
      if (name.startsWith("text_")) {
        for (int t = 0; t < probe.sample().tokens().length; t++) {
          collectors.get(row).text(name, activation, begin(batch, probe, row) + t, t);
        }
      } else {
        collectors.get(row).vision(name, activation, firstPatch, mergeSize * mergeSize);
        firstPatch += probe.patches();
      }
    }
  }

  /** Where a row's first real token stands in the flattened batch. */
  private static long begin(Batch batch, EncodedProbe probe, int row) {
    return (row + 1L) * batch.length() - probe.sample().tokens().length;
  }

  /**
   * The positions whose logits are compared, at most a few of each probe. The head computes them
   * row by row, so that it is applied to no others: all rows of a long answer times the vocabulary
   * would take gigabytes.
   */
  private static Targets compared(Batch batch, List<EncodedProbe> probes) {
    Targets all = Targets.of(batch);
    int[] wanted =
        IntStream.range(0, all.count())
            .filter(i -> {
              int row = row(batch, all, i);
              return probes.get(row).answersAt(position(batch, all, probes.get(row), i));
            })
            .toArray();
    return new Targets(
        Arrays.stream(wanted).mapToLong(i -> all.rows()[i]).toArray(),
        Arrays.stream(wanted).mapToLong(i -> all.labels()[i]).toArray());
  }

  /** The probe that a target belongs to. */
  private static int row(Batch batch, Targets targets, int target) {
    return Math.toIntExact(targets.rows()[target] / batch.length());
  }

  /** Where a target stands among its probe's tokens. */
  private static int position(Batch batch, Targets targets, EncodedProbe probe, int target) {
    int row = row(batch, targets, target);
    return Math.toIntExact(targets.rows()[target] - begin(batch, probe, row));
  }

  /** Copies one row [V] at a time to the Java heap. */
  private static void logits(
      Batch batch,
      Targets compared,
      List<EncodedProbe> probes,
      List<ValueCollector> collectors,
      NDArray logits_NV) {
    Buffer values = Buffer.of(Ops.contiguous(logits_NV)).toHost();
    long width = logits_NV.getShape().get(1);
    for (int i = 0; i < compared.count(); i++) {
      int row = row(batch, compared, i);
      collectors
          .get(row)
          .logits(
              values.slice(i * width, width).floats().toArray(),
              position(batch, compared, probes.get(row), i));
    }
  }
}
