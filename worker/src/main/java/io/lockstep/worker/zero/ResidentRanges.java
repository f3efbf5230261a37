package io.lockstep.worker.zero;

import io.lockstep.tensor.Buffer;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.List;

/**
 * A flat buffer of which some ranges are kept and the rest takes no memory while nobody needs it.
 * The buffer's addresses stay as they are, so views of it stay valid.
 */
public final class ResidentRanges {

  private final Buffer flat;
  private final List<Range> kept;

  /** Nothing is given back yet. */
  public ResidentRanges(Buffer flat, List<Range> kept) {
    this.flat = flat;
    this.kept = List.copyOf(kept);
  }

  /** Makes room for ranges that are about to arrive. */
  public void commit(List<Range> ranges) {
    for (Range range : ranges) {
      flat.slice(range.start(), range.floats()).commit();
    }
  }

  /** Gives back what of some ranges is not kept. */
  public void discard(List<Range> ranges) {
    for (Range range : ranges) {
      for (Range part : Buckets.without(range, kept)) {
        var _ = flat.slice(part.start(), part.floats()).discard();
      }
    }
  }

  /** Gives back everything that is not kept. */
  public void discardRest() {
    discard(List.of(new Range(0, flat.elements())));
  }
}
