package io.lockstep.operations;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether the thread that does a process's work gets on with it: the thread says what it begins,
 * gives signs of progress, and says when it rests because others have to act first.
 *
 * <p>A thread that rests is alive however long it does: whoever it waits for has limits of its own.
 * One that works is alive while its last sign is younger than a limit that follows from its own
 * past: {@value #TIMES} times the longest stretch between two signs so far (for a worker that is
 * most of its longest step), and at least {@link #LEAST}. Until its first piece of work is done the
 * limit is {@link #FIRST}, since files, devices and compilers are slow at first.
 *
 * <p>Safe for use by several threads.
 */
public final class Progress {

  /** Longest stretches without a sign that are waited for. */
  static final int TIMES = 10;

  /** Least limit, however short stretches are. */
  static final Duration LEAST = Duration.ofMinutes(10);

  /** Limit before the first piece of work is done. */
  static final Duration FIRST = Duration.ofHours(1);

  private static final double NANOS = 1e9;

  private final LongSupplier nanos;

  // Guarded by this.
  private String doing;
  private boolean resting;
  private boolean proven;
  private long last;
  private long longest;

  /**
   * A thread that rests.
   *
   * @param nanos a clock that never runs backwards, in nanoseconds
   * @param doing what it waits for, one line
   */
  public Progress(LongSupplier nanos, String doing) {
    this.nanos = nanos;
    this.doing = doing;
    this.resting = true;
    this.last = nanos.getAsLong();
  }

  /** Works on something else from now on. */
  public synchronized void begin(String what) {
    sign();
    doing = what;
    resting = false;
  }

  /** Has got on with what it does. */
  public synchronized void sign() {
    long now = nanos.getAsLong();
    if (!resting) {
      longest = Math.max(longest, now - last);
    }
    last = now;
  }

  /** Waits for others from now on. */
  public synchronized void rest(String what) {
    sign();
    doing = what;
    resting = true;
  }

  /** A piece of work is done, such as a step. */
  public synchronized void done() {
    sign();
    proven = true;
  }

  /** Whether it is alive, and what it does. */
  public synchronized Health.Condition condition() {
    long since = nanos.getAsLong() - last;
    if (resting) {
      return Health.Condition.good("%s for %.0f s".formatted(doing, since / NANOS));
    }
    long limit = limit();
    return since <= limit
        ? Health.Condition.good(
            "%s, last progress %.0f s ago (stuck after %.0f s)"
                .formatted(doing, since / NANOS, limit / NANOS))
        : Health.Condition.bad(
            "stuck: no progress for %.0f s, longer than %.0f s; it was %s"
                .formatted(since / NANOS, limit / NANOS, doing));
  }

  private long limit() {
    return proven ? Math.max(LEAST.toNanos(), TIMES * longest) : FIRST.toNanos();
  }
}
