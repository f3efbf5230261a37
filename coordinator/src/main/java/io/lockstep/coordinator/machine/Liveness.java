package io.lockstep.coordinator.machine;

/** Detects workers that are lost by their silence. */
final class Liveness {
  private final long timeoutMillis;
  private long lastTick = Long.MIN_VALUE;

  Liveness(long timeoutMillis) {
    this.timeoutMillis = timeoutMillis;
  }

  /**
   * Whether the coordinator itself was stopped since the last tick, so that the silence of workers
   * doesn't count; called once per tick.
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
}
