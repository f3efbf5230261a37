package io.lockstep.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which failures a request is repeated after, and when. RESOURCE_EXHAUSTED is repeated where the
 * gateway says when ({@code google.rpc.RetryInfo}); without that it is about the request itself, a
 * message that is too large, say. UNAVAILABLE is repeated after {@code first}, and twice as long
 * each time. Nothing else is repeated.
 *
 * @param attempts how often a request is made at the most, the first time included
 * @param first wait after the first failure that says nothing about when
 * @param longest longest such wait
 */
public record RetryPolicy(int attempts, Duration first, Duration longest) {

  /** Five attempts; without a word from the gateway after 0.25, 0.5, 1 and 2 s. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(5, Duration.ofMillis(250), Duration.ofSeconds(10));

  /** Nothing is repeated. */
  public static final RetryPolicy NEVER = new RetryPolicy(1, Duration.ZERO, Duration.ZERO);

  private static final int MOST_DOUBLINGS = 20;

  public RetryPolicy {
    if (attempts < 1 || first.isNegative() || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "%d attempts, waits of %s to %s: at least one attempt is made, and waits grow"
              .formatted(attempts, first, longest));
    }
  }

  /**
   * How long to wait before the next attempt; empty if there is to be none.
   *
   * @param failures attempts that have failed, this one included
   */
  public Optional<Duration> delay(Throwable failure, int failures) {
    if (failures >= attempts) {
      return Optional.empty();
    }
    Optional<Duration> told = told(failure);
    return switch (Status.fromThrowable(failure).getCode()) {
      case RESOURCE_EXHAUSTED -> told;
      case UNAVAILABLE -> told.or(() -> Optional.of(growing(failures)));
      default -> Optional.empty();
    };
  }

  private Duration growing(int failures) {
    Duration wait = first.multipliedBy(1L << Math.min(failures - 1, MOST_DOUBLINGS));
    return wait.compareTo(longest) < 0 ? wait : longest;
  }

  private static Optional<Duration> told(Throwable failure) {
    com.google.rpc.@Nullable Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return Optional.empty();
    }
    for (Any detail : status.getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        try {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          return Optional.of(Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
        } catch (InvalidProtocolBufferException e) {
          throw new IllegalStateException("a gateway sent an unreadable RetryInfo", e);
        }
      }
    }
    return Optional.empty();
  }
}
