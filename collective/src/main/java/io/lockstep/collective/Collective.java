package io.lockstep.collective;

import io.lockstep.tensor.Buffer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Grouped point-to-point exchange of memory among the ranks of one generation of a world.
 *
 * <p>Exchanges run one after another, and every rank that takes part in two exchanges calls them in
 * the same order. Any failure ends the whole collective: once {@link #exchange} has thrown, nothing
 * reads or writes the transfers' memory any more, and each later call throws too.
 */
public interface Collective extends AutoCloseable {

  /** This process's rank, from 0 to {@code size() - 1}. */
  int rank();

  /** Number of ranks. */
  int size();

  /** The membership this collective was connected for. */
  long generation();

  /**
   * How many bytes this rank has given to its peers so far: messages with their frames, through
   * sockets and through shared memory alike.
   */
  long sentBytes();

  /**
   * Sends and receives all given memory at the same time; returns when every receive is filled and
   * the memory of every send may be reused.
   *
   * <p>A send meets the receive with the same tag and slot that names its rank as peer. Lengths
   * must be equal. Data that arrives before its exchange is called waits at the sender.
   *
   * @param tag names the exchange (step and phase); equal on all ranks that take part
   * @throws CollectiveException if a peer is gone or sends something else than awaited
   * @throws AbortedException if this rank or a peer aborted, or the calling thread was interrupted
   * @throws IllegalStateException if another exchange is in flight or the collective is closed
   */
  void exchange(long tag, List<Transfer> sends, List<Transfer> receives);

  /**
   * {@link #exchange(long, List, List)} that also takes messages piece by piece while they arrive.
   *
   * <p>The calling thread works on the pieces; network threads receive later ones meanwhile. What
   * the sink throws ends the collective like any other failure and is thrown on.
   */
  default void exchange(
      long tag, List<Transfer> sends, List<Transfer> receives, PieceStreams streams) {
    try (Arena arena = Arena.ofShared()) {
      List<Transfer> all = new ArrayList<>(receives);
      List<Buffer> whole = new ArrayList<>();
      for (PieceStreams.Source source : streams.sources()) {
        Buffer memory = Buffer.onHost(arena, streams.dtype(), streams.elements());
        whole.add(memory);
        all.add(new Transfer(source.peer(), source.slot(), memory));
      }
      exchange(tag, sends, all);
      if (!whole.isEmpty() && streams.elements() > 0) {
        try {
          streams.sink().accept(0, whole);
        } catch (RuntimeException | Error failure) {
          abort("the pieces of exchange " + tag + " can't be used: " + failure);
          throw failure;
        }
      }
    }
  }

  /** Sums that the transport itself can make; most can't. */
  default Optional<NativeReduction> nativeReduction() {
    return Optional.empty();
  }

  /**
   * Ends the exchange in flight, here and as far as reachable at the peers, and refuses all later
   * ones. May be called from any thread, any number of times.
   */
  void abort(String reason);

  /** Releases all connections; a clean end if no exchange is in flight, an abort otherwise. */
  @Override
  void close();

  /**
   * Gives every rank the memory of all: sends this rank's ranges to all others and fills their
   * ranges in place.
   *
   * @param ranges one list per rank, equal in number and length on all ranks; {@code
   *     ranges.get(rank())} is read, the others are written
   */
  default void allGather(long tag, List<List<Buffer>> ranges) {
    if (ranges.size() != size()) {
      throw new IllegalArgumentException(
          "all-gather tag %d: %d lists of ranges for %d ranks; give one list per rank"
              .formatted(tag, ranges.size(), size()));
    }
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    for (int peer = 0; peer < size(); peer++) {
      if (peer != rank()) {
        addTransfers(sends, peer, ranges.get(rank()));
        addTransfers(receives, peer, ranges.get(peer));
      }
    }
    exchange(tag, sends, receives);
  }

  /** {@link #allGather(long, List)} with one range per rank. */
  default void allGather(long tag, Buffer[] parts) {
    List<List<Buffer>> ranges = new ArrayList<>();
    for (Buffer part : parts) {
      ranges.add(List.of(part));
    }
    allGather(tag, ranges);
  }

  private static void addTransfers(List<Transfer> into, int peer, List<Buffer> memory) {
    for (int slot = 0; slot < memory.size(); slot++) {
      into.add(new Transfer(peer, slot, memory.get(slot)));
    }
  }
}
