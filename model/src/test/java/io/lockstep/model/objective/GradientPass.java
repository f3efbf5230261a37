package io.lockstep.model.objective;

import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.ParameterLayout.Slot;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.tensor.Buffer;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * What a pass that is a step by itself has found, and all gradients by the number of their slot:
 * those of the mean, times all supervised tokens.
 */
record GradientPass(ObjectiveSums sums, SequencedMap<Integer, float[]> gradients) {

  static GradientPass of(LoadedModel model, Objective objective, Batch batch, boolean recomputes) {
    SequencedMap<Integer, float[]> gradients = new TreeMap<>();
    Targets targets = Targets.of(batch);
    SegmentedModel.Outcome outcome =
        new SegmentedModel(model.config(), model.trainable(), recomputes, objective)
            .pass(
                batch,
                targets,
                new int[0],
                objective.factorsAlone(batch, targets),
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(model.parameters()),
                (segment, ofSegment) -> {
                  for (int i = 0; i < ofSegment.size(); i++) {
                    gradients.put(segment.firstSlot() + i, ofSegment.get(i).toFloatArray());
                  }
                });
    return new GradientPass(outcome.total(), gradients);
  }

  /** Moves all of a model's parameters by so much of these gradients. */
  void move(LoadedModel model, double by) {
    var memory = Buffer.of(model.parameters().flat()).hostBytes();
    List<Slot> slots = model.parameters().layout().slots();
    gradients.forEach((slot, values) -> {
      long first = slots.get(slot).offset();
      for (int i = 0; i < values.length; i++) {
        float before = memory.getAtIndex(ValueLayout.JAVA_FLOAT, first + i);
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, first + i, (float) (before + by * values[i]));
      }
    });
  }

  /** The sum of the products of the gradients of both. */
  double dot(GradientPass other) {
    double sum = 0;
    for (int slot : gradients.keySet()) {
      float[] left = Objects.requireNonNull(gradients.get(slot));
      float[] right = Objects.requireNonNull(other.gradients.get(slot));
      for (int i = 0; i < left.length; i++) {
        sum += (double) left[i] * right[i];
      }
    }
    return sum;
  }
}
