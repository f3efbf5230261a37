package io.lockstep.collective.tcp;

import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.TransferPlan;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes one message of an exchange. Confined to the link's event loop. */
abstract sealed class Receive {

  private final int slot;
  private final long bytes;
  private long received;
  private boolean done;

  private Receive(int slot, long bytes) {
    this.slot = slot;
    this.bytes = bytes;
  }

  /** What takes the messages of a peer; streams pass through the window. */
  static List<Receive> from(TransferPlan plan, int peer, PieceWindow window) {
    List<Receive> all = new ArrayList<>();
    plan.receivesFrom(peer).forEach(transfer -> all.add(new IntoMemory(transfer)));
    List<PieceStreams.Source> sources = plan.streams().sources();
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).peer() == peer) {
        all.add(new Streamed(sources.get(i).slot(), window, i));
      }
    }
    return all;
  }

  final int slot() {
    return slot;
  }

  final long bytes() {
    return bytes;
  }

  /** How much of the message has arrived in whole pieces: where the next one begins. */
  final long received() {
    return received;
  }

  final boolean isDone() {
    return done;
  }

  /** A piece has arrived; an empty message is one empty piece. */
  final void advance(long length) {
    received += length;
    done = received == bytes;
  }

  /**
   * Where the next piece is to be put.
   *
   * @param whenFree called by another thread when it is worth asking again
   * @return null if there is no place yet
   */
  abstract @Nullable MemorySegment place(int length, Runnable whenFree);

  /** The piece of the given length is where {@link #place} said. */
  abstract void placed(MemorySegment piece);

  /**
   * Takes a piece that lies in memory of the peer.
   *
   * @param release to be called, by any thread, when the memory is not needed any more
   */
  abstract void borrow(MemorySegment piece, Runnable release);

  /** Fills a transfer's memory. */
  static final class IntoMemory extends Receive {
    private final MemorySegment memory;

    IntoMemory(Transfer transfer) {
      super(transfer.slot(), transfer.bytes());
      memory = transfer.memory().lentBytes();
    }

    @Override
    MemorySegment place(int length, Runnable whenFree) {
      return memory.asSlice(received(), length);
    }

    @Override
    void placed(MemorySegment piece) {
      // It is where it belongs.
    }

    @Override
    void borrow(MemorySegment piece, Runnable release) {
      memory.asSlice(received(), piece.byteSize()).copyFrom(piece);
      release.run();
    }
  }

  /** Hands pieces on to the thread that called the exchange. */
  static final class Streamed extends Receive {
    private final PieceWindow window;
    private final int source;

    Streamed(int slot, PieceWindow window, int source) {
      super(slot, window.bytes());
      this.window = window;
      this.source = source;
    }

    @Override
    @Nullable MemorySegment place(int length, Runnable whenFree) {
      return window.place(source, received(), length, whenFree);
    }

    @Override
    void placed(MemorySegment piece) {
      if (piece.byteSize() > 0) {
        window.ready(source, piece, () -> {});
      }
    }

    @Override
    void borrow(MemorySegment piece, Runnable release) {
      if (piece.byteSize() > 0) {
        window.ready(source, piece, release);
      } else {
        release.run();
      }
    }
  }
}
