package io.lockstep.worker.train;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.GradientReducer;
import java.util.List;

/**
 * Hands a worker's gradients over to the reduction while going backwards completes them: from the
 * end of the flat buffer, in whole buckets, some megabytes at a time.
 */
final class RangeByRange {

  /** Values that are worth an exchange: smaller ones would spend their time on latency. */
  private static final long LEAST_FLOATS = 1 << 19;

  private final BlockAccumulator.LastSums<NDArray> last;
  private final Buckets buckets;
  private final GradientReducer reducer;

  /** Everything from here on is handed over. */
  private long handedOver;

  /**
   * Nothing is complete yet.
   *
   * @param last the worker's last virtual rank, and the sums that it completes
   */
  RangeByRange(BlockAccumulator.LastSums<NDArray> last, Buckets buckets, GradientReducer reducer) {
    this.last = last;
    this.buckets = buckets;
    this.reducer = reducer;
    handedOver = buckets.floats();
  }

  /** The last virtual rank's gradient is complete from this value on. */
  void from(long start) {
    long whole = start == 0 ? 0 : buckets.nextBoundary(start);
    boolean enough = handedOver - whole >= LEAST_FLOATS || whole == 0;
    if (enough && whole < handedOver) {
      Range range = new Range(whole, handedOver);
      sum(range);
      reducer.reduce(range, last.sums());
      handedOver = whole;
    }
  }

  private void sum(Range range) {
    List<NDArray> chain = last.chain();
    try (Scope views = Scope.open()) {
      for (int i = 1; i < chain.size(); i++) {
        Ops.addInPlace(view(chain.get(i), range), view(chain.get(i - 1), range));
      }
    }
  }

  private static NDArray view(NDArray flat, Range range) {
    return Ops.narrow(flat, 0, range.start(), range.floats());
  }
}
