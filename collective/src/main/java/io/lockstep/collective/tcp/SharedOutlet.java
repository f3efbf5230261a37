package io.lockstep.collective.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** The writing end of a {@link SharedRing}. Confined to the link's event loop. */
final class SharedOutlet {

  private final SharedRing ring;
  private long written;
  private long released;

  SharedOutlet(SharedRing ring) {
    this.ring = ring;
  }

  boolean hasFree() {
    return written - released < SharedRing.PLACES;
  }

  /** Copies a piece into the next place; the frame that names it is written after this. */
  void put(MemorySegment piece) {
    ring.place(written, piece.byteSize()).copyFrom(piece);
    written++;
    VarHandle.releaseFence();
  }

  /**
   * The peer has read more pieces.
   *
   * @return false if it cannot have read as many
   */
  boolean credit(int places) {
    released += places;
    return places > 0 && released <= written;
  }
}
