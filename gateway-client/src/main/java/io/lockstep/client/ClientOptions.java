package io.lockstep.client;

import java.time.Duration;
import java.util.Optional;

/**
 * How a client asks.
 *
 * @param retries which failures it asks again after, and when
 * @param deadline longest wait for what one call of the client asks, repetitions included: a
 *     picture, a group or a turn, or a whole stream; empty for as long as it takes
 */
public record ClientOptions(RetryPolicy retries, Optional<Duration> deadline) {

  /** Repetitions as {@link RetryPolicy#DEFAULT} says, no deadline. */
  public static final ClientOptions DEFAULT =
      new ClientOptions(RetryPolicy.DEFAULT, Optional.empty());

  /** The same with another rule for repetitions. */
  public ClientOptions withRetries(RetryPolicy other) {
    return new ClientOptions(other, deadline);
  }

  /** The same with a deadline. */
  public ClientOptions withDeadline(Duration longest) {
    if (!longest.isPositive()) {
      throw new IllegalArgumentException("a deadline is a positive time, not " + longest);
    }
    return new ClientOptions(retries, Optional.of(longest));
  }
}
