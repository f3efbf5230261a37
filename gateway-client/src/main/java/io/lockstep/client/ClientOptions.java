package io.lockstep.client;

import io.lockstep.security.ClientSecurity;
import java.time.Duration;
import java.util.Optional;

/**
 * How a client asks.
 *
 * @param retries which failures it asks again after, and when
 * @param deadline longest wait for what one call of the client asks, repetitions included: a
 *     picture, a group or a turn, or a whole stream; empty for as long as it takes
 * @param security how its connection is secured
 */
public record ClientOptions(
    RetryPolicy retries, Optional<Duration> deadline, ClientSecurity security) {

  /** Repetitions as {@link RetryPolicy#DEFAULT} says, no deadline, plain text without a token. */
  public static final ClientOptions DEFAULT =
      new ClientOptions(RetryPolicy.DEFAULT, Optional.empty(), ClientSecurity.NONE);

  /** The same with another rule for repetitions. */
  public ClientOptions withRetries(RetryPolicy other) {
    return new ClientOptions(other, deadline, security);
  }

  /** The same with a deadline. */
  public ClientOptions withDeadline(Duration longest) {
    if (!longest.isPositive()) {
      throw new IllegalArgumentException("a deadline is a positive time, not " + longest);
    }
    return new ClientOptions(retries, Optional.of(longest), security);
  }

  /** The same over a connection that is secured like this. */
  public ClientOptions withSecurity(ClientSecurity other) {
    return new ClientOptions(retries, deadline, other);
  }
}
