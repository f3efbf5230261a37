package io.lockstep.worker.config;

/**
 * How learning rates change from step to step, as in the public Transformers library but for the
 * counting of steps: the first step of a warm-up of w has 1/w of the peak, not 0, and the floor of
 * a cosine is reached at the last step, not after it.
 */
public enum LearningRateSchedule {
  /** The peak at every step. */
  CONSTANT {
    @Override
    double after(double done, double floor) {
      return 1;
    }
  },
  /** The same after a warm-up. */
  CONSTANT_WITH_WARMUP {
    @Override
    double after(double done, double floor) {
      return 1;
    }
  },
  /** A straight line to 0, which the step after the last one would reach. */
  LINEAR {
    @Override
    double after(double done, double floor) {
      return 1 - done;
    }
  },
  /** Half a cosine to 0, which the step after the last one would reach. */
  COSINE {
    @Override
    double after(double done, double floor) {
      return halfCosine(done);
    }
  },
  /** Half a cosine from the peak to the floor, which the last step reaches. */
  COSINE_WARMUP_WITH_MIN_LR {
    @Override
    double after(double done, double floor) {
      return floor + (1 - floor) * halfCosine(done);
    }
  };

  private static double halfCosine(double done) {
    return 0.5 * (1 + Math.cos(Math.PI * done));
  }

  /**
   * The factor after the warm-up.
   *
   * @param done share of the steps after the warm-up that are done, from 0 to 1
   */
  abstract double after(double done, double floor);

  /**
   * The factor on the peak learning rate in a step.
   *
   * @param step steps counted from 1
   * @param warmup steps of the warm-up, in which rates rise linearly
   * @param floor the last factor of {@link #COSINE_WARMUP_WITH_MIN_LR}
   */
  double factor(long step, long warmup, long totalSteps, double floor) {
    if (step <= warmup) {
      return (double) step / warmup;
    }
    long before = this == COSINE_WARMUP_WITH_MIN_LR ? 0 : 1;
    double done = (double) (step - before - warmup) / Math.max(1, totalSteps - warmup);
    return after(done, floor);
  }
}
