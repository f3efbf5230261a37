package io.lockstep.collective;

import java.time.Duration;

/** After what silence an exchange counts as standing still. Called by whichever thread waits. */
public interface StallLimits {

  /** The limit of the exchange of a tag. */
  Duration limit(long tag);

  /** An exchange of a tag is complete whose longest silence was {@code silence}. */
  default void completed(long tag, Duration silence) {}

  /** The same for every exchange. */
  static StallLimits fixed(Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException(
          "a stall is reported after %s; give a positive time".formatted(limit));
    }
    return tag -> limit;
  }
}
