package io.lockstep.coordinator.machine;

/**
 * Something that a run waits for.
 *
 * @param what it is and whose, one line
 * @param since when it is waited for, in milliseconds
 * @param limitMillis for how long at most
 */
public record Awaited(String what, long since, long limitMillis) {

  /** Whether the limit has passed. */
  public boolean isOverdue(long now) {
    return now - since > limitMillis;
  }

  /** The wait in words, with its time so far. */
  public String describe(long now) {
    return "%s, for %d of at most %d s"
        .formatted(what, (now - since) / MILLIS, Math.ceilDiv(limitMillis, MILLIS));
  }

  private static final long MILLIS = 1000;
}
