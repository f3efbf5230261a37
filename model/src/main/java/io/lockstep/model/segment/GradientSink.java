package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Takes the gradients of a pass, one segment at a time. */
@FunctionalInterface
public interface GradientSink {

  /**
   * Called for every segment in descending order, on the computing thread.
   *
   * @param gradients of the segment's own slots, in order, valid during the call; empty if it took
   *     no part in the pass
   */
  void accept(SegmentSpec segment, List<NDArray> gradients);
}
