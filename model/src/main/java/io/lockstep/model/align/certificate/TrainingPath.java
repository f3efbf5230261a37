package io.lockstep.model.align.certificate;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.align.TeacherForced;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuned;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
    List<ValueCollector> collectors = new ArrayList<>();
    for (int row = 0; row < probes.size(); row++) {
      collectors.add(new ValueCollector(probes.get(row), selections.get(row)));
    }
    Targets targets = Targets.of(batch);
    Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        Tuned tuned = model.tuned();
        Weights weights = tuned.recorded(scope, trained.byName(), Dropout.NONE);
        NDArray logits_NV =
            TeacherForced.logits(
                scope,
                new VisionLanguageModel(model.config(), weights),
                batch,
                targets,
                (name, activation) -> layer(model, batch, probes, collectors, name, activation));
        logits(batch, targets, probes, collectors, logits_NV);
      }
    });
    return collectors.stream().map(ValueCollector::finish).toList();
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

  private static void logits(
      Batch batch,
      Targets targets,
      List<EncodedProbe> probes,
      List<ValueCollector> collectors,
      NDArray logits_NV) {
    float[] all = logits_NV.toFloatArray();
    int vocabulary = all.length / targets.count();
    for (int i = 0; i < targets.count(); i++) {
      int row = (int) (targets.rows()[i] / batch.length());
      EncodedProbe probe = probes.get(row);
      int position = (int) (targets.rows()[i] - begin(batch, probe, row));
      if (probe.answersAt(position)) {
        collectors
            .get(row)
            .logits(Arrays.copyOfRange(all, i * vocabulary, (i + 1) * vocabulary), position);
      }
    }
  }
}
