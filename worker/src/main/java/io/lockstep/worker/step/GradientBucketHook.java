package io.lockstep.worker.step;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.collective.tree.Node;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.GradientRanges;
import java.util.List;
import java.util.Map;

/**
 * Sums a worker's gradients while going backwards completes them, and hands each range over to the
 * reduction.
 */
final class GradientBucketHook {

  private final BlockAccumulator.LastSums<NDArray> last;
  private final GradientRanges ranges;
  private final boolean discards;
  private final Handover handover;

  /** Takes ranges that are complete. */
  @FunctionalInterface
  interface Handover {
    /**
     * A segment has completed a range.
     *
     * @param sums of the worker's subtrees, complete over the range
     */
    void take(SegmentSpec segment, Range range, Map<Node, NDArray> sums);
  }

  /**
   * Nothing is complete yet.
   *
   * @param last the worker's last virtual rank, and the sums that it completes
   * @param discards whether the memory of what was added to another sum is given back
   */
  GradientBucketHook(
      BlockAccumulator.LastSums<NDArray> last,
      GradientRanges ranges,
      boolean discards,
      Handover handover) {
    this.last = last;
    this.ranges = ranges;
    this.discards = discards;
    this.handover = handover;
  }

  /** The last virtual rank's gradient is complete from this segment on. */
  void from(SegmentSpec segment) {
    ranges
        .bySegment()
        .get(segment.index())
        .ifPresent(range -> {
          sum(range);
          handover.take(segment, range, last.sums());
        });
  }

  private void sum(Range range) {
    List<NDArray> chain = last.chain();
    // Gaps between parameters are in the range, and nobody has written them.
    chain.forEach(sum -> part(sum, range).commit());
    for (int i = 1; i < chain.size(); i++) {
      try (Scope views = Scope.open()) {
        Ops.addInPlace(view(chain.get(i), range), view(chain.get(i - 1), range));
      }
      if (discards) {
        var _ = part(chain.get(i - 1), range).discard();
      }
    }
  }

  private static Buffer part(NDArray flat, Range range) {
    return Buffer.of(flat).slice(range.start(), range.floats());
  }

  private static NDArray view(NDArray flat, Range range) {
    return Ops.narrow(flat, 0, range.start(), range.floats());
  }
}
