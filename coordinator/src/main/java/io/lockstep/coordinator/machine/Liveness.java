package io.lockstep.coordinator.machine;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who is to blame when a run breaks: silence, the end of a stream, or a failure that was reported.
 *
 * <p>A worker that is killed makes its peers report broken connections, often before its own end is
 * seen. A reported failure therefore waits a moment for the end of another worker's stream.
 */
final class Liveness {

  /** How long a reported failure waits for a better explanation. */
  static final long SUSPICION_MILLIS = 1000;

  private final long timeoutMillis;
  private @Nullable Suspicion suspicion;
  private long lastTick = Long.MIN_VALUE;

  Liveness(long timeoutMillis) {
    this.timeoutMillis = timeoutMillis;
  }

  /** The first failure reported, and when it is taken as the cause. */
  record Suspicion(Member member, String message, long deadline) {

    /** For the reason of the end: who said what. */
    String quote() {
      return member.describe() + " reported: " + message;
    }
  }

  /**
   * Whether the coordinator itself stood still since the last tick, so that the silence of workers
   * says nothing; to be asked once per tick.
   */
  boolean wasPaused(long now) {
    boolean paused = lastTick != Long.MIN_VALUE && now - lastTick > timeoutMillis / 2;
    lastTick = now;
    return paused;
  }

  /** Whether a member has been silent for too long. */
  boolean isSilent(Member member, long now) {
    return now - member.lastSeen > timeoutMillis;
  }

  String describeSilence(Member member, long now) {
    return "nothing was heard of it for %d ms (limit %d ms)"
        .formatted(now - member.lastSeen, timeoutMillis);
  }

  /** Notes a reported failure; returns the first one, this or an earlier. */
  Suspicion suspect(Member member, String message, long now) {
    Suspicion first = suspicion;
    if (first == null) {
      first = new Suspicion(member, message, now + SUSPICION_MILLIS);
      suspicion = first;
    }
    return first;
  }

  /** The first failure reported. */
  Optional<Suspicion> suspicion() {
    return Optional.ofNullable(suspicion);
  }

  /** The first failure reported, once nothing better is to be expected. */
  Optional<Suspicion> confirmed(long now) {
    return suspicion().filter(first -> now >= first.deadline());
  }
}
