package io.lockstep.worker.zero;

import io.lockstep.tensor.TensorMemory;
import io.lockstep.worker.zero.Buckets.Range;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A flat buffer of which some ranges are kept and the rest takes no memory while nobody needs it.
 * The buffer's addresses stay as they are, so views of it stay valid.
 */
public final class ResidentRanges {

  private final MemorySegment flat;
  private final List<Range> kept;

  /** Nothing is given back yet. */
  public ResidentRanges(MemorySegment flat, List<Range> kept) {
    this.flat = flat;
    this.kept = List.copyOf(kept);
  }

  /** Gives back what of some ranges is not kept. */
  public void discard(List<Range> ranges) {
    for (Range range : ranges) {
      for (Range part : Buckets.without(range, kept)) {
        TensorMemory.discard(flat.asSlice(part.start() * Float.BYTES, part.floats() * Float.BYTES));
      }
    }
  }

  /** Gives back everything that is not kept. */
  public void discardRest() {
    discard(List.of(new Range(0, flat.byteSize() / Float.BYTES)));
  }
}
