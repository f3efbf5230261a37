package io.lockstep.collective.tcp;

import io.lockstep.collective.PieceStreams;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of an exchange's streams on their way from the network threads to the caller's. The caller
 * gets the same range of all streams at once; a stream may run a few pieces ahead of the slowest,
 * then its connection is not read any further. Thread-safe.
 */
final class PieceWindow {

  /** How many pieces a stream may be ahead of what the caller has taken. */
  static final int DEPTH = 4;

  private record Piece(MemorySegment memory, Runnable release) {}

  private final PieceStreams streams;
  private final MemorySegment memory;
  private final List<Deque<Piece>> arrived = new ArrayList<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private long taken;
  private boolean ended;

  /**
   * @param memory of at least {@link #memoryBytes}
   */
  PieceWindow(PieceStreams streams, MemorySegment memory) {
    this.streams = streams;
    this.memory = memory;
    for (int source = 0; source < streams.sources().size(); source++) {
      arrived.add(new ArrayDeque<>());
    }
  }

  /** What the pieces of all streams together need. */
  static long memoryBytes(PieceStreams streams) {
    return streams.bytes() == 0
        ? 0
        : (long) streams.sources().size() * DEPTH * FrameHeader.PIECE_BYTES;
  }

  long bytes() {
    return streams.bytes();
  }

  /** See {@link Receive#place}. */
  synchronized @Nullable MemorySegment place(
      int source, long offset, int length, Runnable whenFree) {
    if (offset >= taken + (long) DEPTH * FrameHeader.PIECE_BYTES) {
      waiting.add(whenFree);
      return null;
    }
    long index = offset / FrameHeader.PIECE_BYTES % DEPTH;
    return memory.asSlice((source * (long) DEPTH + index) * FrameHeader.PIECE_BYTES, length);
  }

  /** The next piece of a stream is there. */
  synchronized void ready(int source, MemorySegment piece, Runnable release) {
    Deque<Piece> queue = arrived.get(source);
    queue.add(new Piece(piece, release));
    if (queue.size() == 1 && allReady()) {
      notifyAll();
    }
  }

  private boolean allReady() {
    return arrived.stream().noneMatch(Deque::isEmpty);
  }

  /** Nothing more will come. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** Hands all pieces to the sink, on the calling thread; returns early if the exchange ends. */
  void drainTo(PieceStreams.Sink sink) throws InterruptedException {
    Dtype dtype = streams.dtype();
    long offset = 0;
    while (!arrived.isEmpty() && offset < bytes()) {
      @Nullable List<Piece> pieces = awaitNext();
      if (pieces == null) {
        return;
      }
      sink.accept(
          offset / dtype.bytes(),
          pieces.stream().map(piece -> Buffer.onHost(piece.memory(), dtype)).toList());
      offset += pieces.getFirst().memory().byteSize();
      pieces.forEach(piece -> piece.release().run());
      advance(offset).forEach(Runnable::run);
    }
  }

  private synchronized @Nullable List<Piece> awaitNext() throws InterruptedException {
    while (!ended && !allReady()) {
      wait();
    }
    return ended ? null : arrived.stream().map(Deque::remove).toList();
  }

  private synchronized List<Runnable> advance(long offset) {
    taken = offset;
    List<Runnable> woken = List.copyOf(waiting);
    waiting.clear();
    return woken;
  }
}
