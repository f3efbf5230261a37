package io.lockstep.model.segment;

import io.lockstep.model.parameter.Weights;

/**
 * Where a pass gets the trained parameters' values from, segment by segment, and whom it tells that
 * gradients are complete. All calls come from the thread that computes.
 */
public interface SegmentWeights {

  /** The direction of a pass. */
  enum Pass {
    /** From inputs to loss, in ascending order of segments. */
    FORWARD,
    /** From loss to inputs, in descending order. */
    BACKWARD
  }

  /**
   * The segment is about to be computed. Called for every segment that takes part, in order: going
   * forward for all of them; going backward for those whose forward is computed again.
   *
   * @return values of the segment's own and shared slots, by the names of the trained layout. They
   *     must stay in place and unchanged until the matching {@link #leave}
   */
  Weights enter(SegmentSpec segment, Pass pass);

  /**
   * The values given by the matching {@link #enter} are not needed any more. Whoever goes forward
   * to go back later without computing again leaves a segment after its backward; a graph holds its
   * weights. A pass that fails leaves nothing.
   */
  default void leave(SegmentSpec segment, Pass pass) {}

  /**
   * The segment's range of the gradient is complete. Called once for each segment and micro-batch,
   * in strictly descending order, for segments that took no part too: their gradient is zero.
   */
  default void gradientReady(SegmentSpec segment) {}

  /** All values are there all the time. */
  static SegmentWeights resident(Weights values) {
    return (segment, pass) -> values;
  }
}
