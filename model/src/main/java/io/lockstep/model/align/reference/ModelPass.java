package io.lockstep.model.align.reference;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Conditioning;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.OriginalWeights;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Judge;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/** What a model computes of a batch, for reference folders. */
final class ModelPass {

  private final LoadedModel model;
  private final Batch batch;
  private final Targets targets;

  ModelPass(LoadedModel model, Batch batch) {
    this.model = model;
    this.batch = batch;
    this.targets = Targets.of(batch);
  }

  /**
   * Activations in the order of computation, then logits [B, T, V] and the mean loss; valid as long
   * as the scope.
   */
  SequencedMap<String, Floats> forward(Scope scope) {
    return forward(scope, model.config(), model.trainable().inference());
  }

  /** By name and row, how far float32 roundings move activations and logits. */
  Map<String, float[]> conditioning() throws IOException {
    Map<String, float[]> moved = new LinkedHashMap<>();
    ModelConfig config = Conditioning.measuring(model.config());
    try (OriginalWeights originals = model.originals();
        Scope whole = Scope.open()) {
      TrainableModel trainable = model.trainable();
      Weights weights =
          trainable.recorded(whole, originals, trainable.trained().byName(), Dropout.NONE);
      SequencedMap<String, Floats> computed = forward(whole, config, weights);
      computed.forEach((name, rows) -> moved.put(name, Conditioning.unmoved(rows)));
      for (int pass = 0; pass < Conditioning.PASSES; pass++) {
        try (Scope scope = Scope.open()) {
          SequencedMap<String, Floats> disturbed =
              forward(scope, config, Conditioning.disturbed(scope, weights, pass));
          moved.forEach((name, rows) ->
              Conditioning.widen(
                  rows,
                  Objects.requireNonNull(computed.get(name)),
                  Objects.requireNonNull(disturbed.get(name))));
        }
      }
    }
    return moved;
  }

  private SequencedMap<String, Floats> forward(Scope scope, ModelConfig config, Weights weights) {
    SequencedMap<String, Floats> seen = new LinkedHashMap<>();
    VisionLanguageModel network = new VisionLanguageModel(config, weights);
    Autograd.inference(() -> {
      ActivationListener probe = (name, activation) -> seen.put(name, copy(activation));
      NDArray hidden_BTH = network.hidden(scope, batch, null, probe);
      seen.put(ReferenceNames.LOGITS, floats(network.logits(hidden_BTH)));
      float sum = HostValues.number(loss(scope, network));
      seen.put(ReferenceNames.LOSS, Floats.of(new float[] {sum / targets.count()}));
    });
    return seen;
  }

  /** The sum over supervised tokens that training minimises. */
  private NDArray loss(Scope scope, VisionLanguageModel network) {
    NDArray hidden_BTH = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
    return Judge.crossEntropy(scope, batch)
        .judge(network.prediction(scope, batch, hidden_BTH, targets));
  }

  /**
   * The gradient of the mean loss for every parameter that is trained: the model's, or its
   * adapter's; valid as long as the scope.
   */
  SequencedMap<String, Floats> gradients(Scope scope) {
    SequencedMap<String, NDArray> leaves = model.trainable().trained().leaves();
    Weights weights = model.trainable().recorded(scope, leaves, Dropout.NONE);
    VisionLanguageModel network = new VisionLanguageModel(model.config(), weights);
    NDArray loss = Autograd.recording(() -> loss(scope, network));
    Autograd.backward(loss, scope.fromFloats(new float[] {1f / targets.count()}));
    SequencedMap<String, Floats> gradients = new LinkedHashMap<>();
    for (ParameterLayout.Slot slot : model.trainable().trained().layout().slots()) {
      ParameterSpec spec = slot.spec();
      // The cross entropy alone is differentiated here: a detection head has no part in it.
      boolean reached =
          switch (spec.module()) {
            case LLM -> true;
            case VIT, ALIGNER -> batch.patches() > 0;
            case DETECTION -> false;
          };
      gradients.put(
          spec.name(),
          reached
              ? floats(Autograd.gradient(Objects.requireNonNull(leaves.get(spec.name()))))
              : Floats.of(new float[(int) spec.elements()], spec.dimensions()));
    }
    return gradients;
  }

  /** Activations are gone before the pass ends. */
  private static Floats copy(NDArray array) {
    Floats seen = floats(array);
    Buffer copy = Buffer.onHost(Arena.ofAuto(), Dtype.FLOAT32, seen.data().elements());
    return new Floats(seen.shape(), copy.copyFrom(seen.data()));
  }

  private static Floats floats(NDArray array) {
    return new Floats(
        Arrays.stream(array.getShape().getShape()).boxed().toList(),
        Buffer.of(Ops.contiguous(Ops.as(array, Dtype.FLOAT32))).toHost());
  }
}
