package io.lockstep.tensor;

/**
 * Something that took time.
 *
 * @param kind how much of the work it is
 * @param name of the stage, the segment or the operator
 * @param thread name of the thread that it ran on
 * @param step number of the step that was under way, as its caller counts
 * @param begin in nanoseconds, as {@link System#nanoTime} counts
 * @param end in the same
 * @param bytes that were moved, or read of weights; 0 if nobody has counted
 */
public record Span(
    Kind kind, String name, String thread, long step, long begin, long end, long bytes) {

  /** How much of the work a span is, the largest part first. */
  public enum Kind {
    /** A whole step or token. */
    STEP,
    /** A part of it that waits or computes: data, forward, backward, reduce. */
    STAGE,
    /** A part of a network in one direction. */
    SEGMENT,
    /** A computation. */
    OPERATOR
  }

  /** How long it took, in nanoseconds. */
  public long nanos() {
    return end - begin;
  }
}
