package io.lockstep.model.score;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;

/**
 * How many supervised tokens a model finds most probable, given the right tokens before them.
 *
 * @param correct tokens found
 * @param tokens supervised tokens
 */
public record TokenAccuracy(long correct, long tokens) {

  /** Of no tokens yet. */
  public static final TokenAccuracy NONE = new TokenAccuracy(0, 0);

  /** Counts over a batch with labels. */
  public static TokenAccuracy of(VisionLanguageModel network, Batch batch) {
    Targets targets = Targets.of(batch);
    if (targets.count() == 0) {
      return NONE;
    }
    try (Scope scope = Scope.open()) {
      long correct =
          Autograd.inference(() -> {
            NDArray hidden = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
            long sum = 0;
            for (Targets part : targets.parts(network.positionsAtOnce())) {
              try (Scope temporaries = Scope.open()) {
                sum += network.prediction(temporaries, batch, hidden, part).correct();
              }
            }
            return sum;
          });
      return new TokenAccuracy(correct, targets.count());
    }
  }

  /** Both counts added up. */
  public TokenAccuracy plus(TokenAccuracy other) {
    return new TokenAccuracy(correct + other.correct, tokens + other.tokens);
  }

  /** Correct tokens among all; 0 to 1. */
  public double share() {
    return (double) correct / tokens;
  }
}
