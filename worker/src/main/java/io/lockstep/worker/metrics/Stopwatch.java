package io.lockstep.worker.metrics;

/** Splits a step's time into portions: each lap is the time since the one before, in seconds. */
public final class Stopwatch {

  private static final double NANOS_PER_SECOND = 1e9;

  private long last = System.nanoTime();

  /** When the last lap ended, or the first began, in nanoseconds of {@link System#nanoTime}. */
  public long last() {
    return last;
  }

  public double lap() {
    long now = System.nanoTime();
    double seconds = (now - last) / NANOS_PER_SECOND;
    last = now;
    return seconds;
  }
}
