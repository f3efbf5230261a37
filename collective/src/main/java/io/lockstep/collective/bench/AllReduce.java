package io.lockstep.collective.bench;

import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sums float32 memory over all ranks: every rank sends each chunk to its owner, owners sum in tree
 * order, the sums are all-gathered. As many bytes as a ring, the same bits on every rank.
 */
public final class AllReduce {

  private final Collective collective;
  private final Adder adder;
  private final MemorySegment[] scratch;

  /**
   * @param scratch one segment per rank, each at least as long as the longest chunk; the own rank's
   *     is not used
   */
  public AllReduce(Collective collective, Adder adder, MemorySegment[] scratch) {
    this.collective = collective;
    this.adder = adder;
    this.scratch = scratch.clone();
  }

  /** Length in bytes of the longest chunk of {@code floats} elements over {@code ranks}. */
  public static long chunkBytes(long floats, int ranks) {
    return Math.ceilDiv(floats, ranks) * Float.BYTES;
  }

  /**
   * Replaces {@code data} by its sum over all ranks.
   *
   * @param tag used for the reduce-scatter; {@code tag + 1} for the all-gather
   */
  public void run(long tag, MemorySegment data) {
    int rank = collective.rank();
    MemorySegment[] chunks = chunks(data);
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    MemorySegment own = chunks[rank];
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != rank) {
        sends.add(new Transfer(peer, 0, chunks[peer]));
        receives.add(new Transfer(peer, 0, scratch[peer].asSlice(0, own.byteSize())));
      }
    }
    collective.exchange(tag, sends, receives);
    sum(own);
    collective.allGather(tag + 1, chunks);
  }

  private void sum(MemorySegment own) {
    int rank = collective.rank();
    Map<Node, MemorySegment> parts = new HashMap<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      parts.put(new Node(peer, peer + 1), peer == rank ? own : scratch[peer]);
    }
    new ReductionTree(collective.size())
        .fold(
            parts,
            (left, right) -> {
              // a + b and b + a are the same bits, so the sum may always end in the own chunk.
              MemorySegment into = right.equals(own) ? right : left;
              adder.add(into, into.equals(left) ? right : left, own.byteSize() / Float.BYTES);
              return into;
            });
  }

  private MemorySegment[] chunks(MemorySegment data) {
    int size = collective.size();
    long floats = data.byteSize() / Float.BYTES;
    MemorySegment[] chunks = new MemorySegment[size];
    for (int rank = 0; rank < size; rank++) {
      long from = Math.min(floats * Float.BYTES, chunkBytes(floats, size) * rank);
      long to = Math.min(floats * Float.BYTES, from + chunkBytes(floats, size));
      chunks[rank] = data.asSlice(from, to - from);
    }
    return chunks;
  }
}
