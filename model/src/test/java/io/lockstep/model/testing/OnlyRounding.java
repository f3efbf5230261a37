package io.lockstep.model.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.RowLimits;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.network.ModelConfig;

/** Two float32 computations of the same logits: whatever kernels they run through, they round. */
public final class OnlyRounding {

  private OnlyRounding() {}

  /** Fails if rows [.., vocabulary] are further apart than {@code align check} allows. */
  public static void assertBetween(
      String what, ModelConfig config, float[] reference, float[] actual) {
    int vocabulary = config.text().vocabSize();
    Comparison comparison =
        Compare.close(
            what,
            Kind.OUTPUT,
            Floats.of(reference, reference.length / vocabulary, vocabulary),
            Floats.of(actual, actual.length / vocabulary, vocabulary),
            row -> true,
            limits(config));
    assertTrue(comparison.agrees(), comparison::toString);
  }

  /**
   * How far apart a token's probability may be: half as far as logits that move against each other,
   * as the slope of softmax is at most a quarter.
   */
  public static double ofProbability(ModelConfig config, float[] logits) {
    double largest = 0;
    for (float logit : logits) {
      largest = Math.max(largest, Math.abs(logit));
    }
    return limits(config).limit(0) * largest / 2;
  }

  private static RowLimits limits(ModelConfig config) {
    return Tolerance.FLOAT32.limits(config.vision().depth() + config.text().layers());
  }
}
