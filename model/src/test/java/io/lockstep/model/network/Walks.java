package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.objective.Activations;
import io.lockstep.model.objective.CrossEntropy;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;

/** Walks through whole networks, as tests compare them. */
final class Walks {

  private Walks() {}

  static float[] logits(ModelConfig config, Parameters parameters, Batch batch) {
    try (Scope scope = Scope.open()) {
      VisionLanguageModel network = new VisionLanguageModel(config, parameters);
      return Autograd.inference(() ->
              network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)))
          .toFloatArray();
    }
  }

  /** The recorded sum of a batch's losses. */
  static NDArray loss(Scope scope, VisionLanguageModel network, Batch batch) {
    return Autograd.recording(() -> {
      NDArray hidden = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
      Prediction prediction = network.prediction(scope, batch, hidden, Targets.of(batch));
      return new CrossEntropy().begin(scope, batch, Activations.NONE).sum(prediction);
    });
  }
}
