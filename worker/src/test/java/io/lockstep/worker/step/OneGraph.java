package io.lockstep.worker.step;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.testing.PlainGraph;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.loader.MicroBatch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * A micro-batch's gradients by one plain graph over the whole model: what segments are compared
 * with.
 */
record OneGraph(double loss, Map<String, float[]> gradients) {

  /** The gradient of a parameter. */
  float[] gradient(String name) {
    return Objects.requireNonNull(gradients.get(name), name);
  }

  static OneGraph of(LoadedModel model, MicroBatch microBatch, long seed) {
    TrainableModel trainable = model.trainable();
    try (Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = trainable.trained().leaves();
      double loss = 0;
      int passes = 0;
      boolean pictures = false;
      for (Batch batch : microBatch.batches()) {
        Targets targets = Targets.of(batch);
        if (targets.count() > 0) {
          SeededDropout.Pass draw =
              new SeededDropout.Pass(seed, microBatch.step(), microBatch.virtualRank(), passes++);
          loss += pass(model, leaves, draw, batch);
          pictures |= batch.patches() > 0;
        }
      }
      Map<String, float[]> gradients = new LinkedHashMap<>();
      for (ParameterLayout.Slot slot : trainable.trained().layout().slots()) {
        ParameterSpec spec = slot.spec();
        boolean without = !pictures && spec.module() != ParameterSpec.Module.LLM;
        NDArray leaf = Objects.requireNonNull(leaves.get(spec.name()));
        gradients.put(
            spec.name(),
            without
                ? new float[Math.toIntExact(spec.elements())]
                : Autograd.gradient(leaf).toFloatArray());
      }
      return new OneGraph(loss, gradients);
    }
  }

  private static double pass(
      LoadedModel model,
      SequencedMap<String, NDArray> leaves,
      SeededDropout.Pass draw,
      Batch batch) {
    TrainableModel trainable = model.trainable();
    try (Scope scope = Scope.open()) {
      Weights weights =
          trainable.recorded(scope, leaves, new SeededDropout(scope, trainable.dropout(), draw));
      NDArray loss =
          Autograd.recording(() -> new PlainGraph(scope, model.config(), weights, batch).loss());
      boolean trainsText =
          trainable.trained().layout().slots().stream()
              .anyMatch(slot -> slot.spec().module() == ParameterSpec.Module.LLM);
      if (trainsText || batch.patches() > 0) {
        Autograd.backward(loss, null);
      }
      return loss.getFloat();
    }
  }
}
