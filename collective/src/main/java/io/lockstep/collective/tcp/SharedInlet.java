package io.lockstep.collective.tcp;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The reading end of a {@link SharedRing}. Confined to the link's event loop, but for the running
 * of {@link #returning}.
 */
final class SharedInlet {

  /** Places are given back this many at a time: a frame each would cost more than it gains. */
  private static final int BATCH = SharedRing.PLACES / 2;

  private final SharedRing ring;
  private final Consumer<Runnable> onLoop;
  private final IntConsumer credit;
  private final boolean[] returned = new boolean[SharedRing.PLACES];
  private long read;
  private long free;
  private int uncredited;

  /**
   * @param onLoop runs a task on the link's event loop
   * @param credit tells the peer how many more of its places it may reuse
   */
  SharedInlet(SharedRing ring, Consumer<Runnable> onLoop, IntConsumer credit) {
    this.ring = ring;
    this.onLoop = onLoop;
    this.credit = credit;
  }

  /**
   * Whether pieces may stay in their places until they have been worked on. The caller needs one of
   * each stream at the same time: more streams than that have to be copied.
   */
  boolean lends(int streams) {
    return streams <= SharedRing.PLACES / 2;
  }

  /** The piece of the frame that has just come. */
  MemorySegment next(long length) {
    VarHandle.acquireFence();
    return ring.place(read++, length);
  }

  /** Gives the place of the latest piece back; to be run once, by any thread. */
  Runnable returning() {
    int place = (int) ((read - 1) % SharedRing.PLACES);
    return () -> onLoop.accept(() -> giveBack(place));
  }

  /** Places are reused in order, so one counts once all before it are back. */
  private void giveBack(int place) {
    returned[place] = true;
    while (returned[(int) (free % SharedRing.PLACES)]) {
      returned[(int) (free % SharedRing.PLACES)] = false;
      free++;
      uncredited++;
    }
    if (uncredited >= BATCH) {
      credit.accept(uncredited);
      uncredited = 0;
    }
  }
}
