package io.lockstep.collective;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * Measures exchanges against their own history: one stands still when nothing has come for several
 * times as long as was usual for its kind, and some seconds. A slow machine or a long computation
 * before an exchange is usual; a peer that is gone isn't. Thread-safe.
 */
public final class SilenceHistory implements StallLimits {

  /** What an exchange may be late by, whatever was usual. */
  static final Duration FLOOR = Duration.ofSeconds(5);

  /** How many times the usual silence an exchange may take. */
  static final int FACTOR = 4;

  /** What the first exchange of a kind may take: nobody knows how long it does. */
  static final Duration UNKNOWN = Duration.ofSeconds(60);

  private static final int REMEMBERED = 32;

  private final LongUnaryOperator kind;
  private final Map<Long, Silences> kinds = new HashMap<>();

  /**
   * @param kind the kind of exchange of a tag: those of one kind take about the same time
   */
  public SilenceHistory(LongUnaryOperator kind) {
    this.kind = kind;
  }

  /** The newest silences of one kind. */
  private static final class Silences {
    private final long[] nanos = new long[REMEMBERED];
    private int count;

    void add(long silence) {
      nanos[count % REMEMBERED] = silence;
      count++;
    }

    long median() {
      long[] sorted = Arrays.copyOf(nanos, Math.min(count, REMEMBERED));
      Arrays.sort(sorted);
      return sorted[sorted.length / 2];
    }
  }

  @Override
  public synchronized Duration limit(long tag) {
    Silences known = kinds.get(kind.applyAsLong(tag));
    return known == null ? UNKNOWN : FLOOR.plusNanos(FACTOR * known.median());
  }

  @Override
  public synchronized void completed(long tag, Duration silence) {
    kinds.computeIfAbsent(kind.applyAsLong(tag), _ -> new Silences()).add(silence.toNanos());
  }
}
