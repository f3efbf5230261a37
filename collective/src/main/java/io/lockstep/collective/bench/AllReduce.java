package io.lockstep.collective.bench;

import io.lockstep.collective.Collective;
import io.lockstep.collective.PieceStreams;
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
 * order while the chunks arrive, the sums are all-gathered. As many bytes as a ring, the same bits
 * on every rank.
 */
public final class AllReduce {

  private final Collective collective;
  private final Adder adder;
  private final ReductionTree tree;
  private final List<PieceStreams.Source> others = new ArrayList<>();

  /** An all-reduce in which every rank is one leaf of the tree. */
  public AllReduce(Collective collective, Adder adder) {
    this.collective = collective;
    this.adder = adder;
    this.tree = new ReductionTree(collective.size());
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != collective.rank()) {
        others.add(new PieceStreams.Source(peer, 0));
      }
    }
  }

  /**
   * Replaces {@code data} by its sum over all ranks.
   *
   * @param tag used for the reduce-scatter; {@code tag + 1} for the all-gather
   */
  public void run(long tag, MemorySegment data) {
    MemorySegment[] chunks = chunks(data);
    MemorySegment own = chunks[collective.rank()];
    List<Transfer> sends = new ArrayList<>();
    others.forEach(other -> sends.add(new Transfer(other.peer(), 0, chunks[other.peer()])));
    PieceStreams streams =
        new PieceStreams(
            own.byteSize(),
            others,
            (offset, pieces) -> sum(own.asSlice(offset, pieces.getFirst().byteSize()), pieces));
    collective.exchange(tag, sends, List.of(), streams);
    collective.allGather(tag + 1, chunks);
  }

  private void sum(MemorySegment own, List<MemorySegment> pieces) {
    Map<Node, MemorySegment> parts = new HashMap<>();
    parts.put(leaf(collective.rank()), own);
    for (int i = 0; i < pieces.size(); i++) {
      parts.put(leaf(others.get(i).peer()), pieces.get(i));
    }
    tree.fold(
        parts,
        (left, right) -> {
          // a + b and b + a are the same bits, so the sum may always end in the own chunk.
          MemorySegment into = right.equals(own) ? right : left;
          adder.add(into, into.equals(left) ? right : left, own.byteSize() / Float.BYTES);
          return into;
        });
  }

  private static Node leaf(int rank) {
    return new Node(rank, rank + 1);
  }

  private MemorySegment[] chunks(MemorySegment data) {
    int size = collective.size();
    long floats = data.byteSize() / Float.BYTES;
    long chunk = Math.ceilDiv(floats, size);
    MemorySegment[] chunks = new MemorySegment[size];
    for (int rank = 0; rank < size; rank++) {
      long from = Math.min(floats, chunk * rank);
      long to = Math.min(floats, from + chunk);
      chunks[rank] = data.asSlice(from * Float.BYTES, (to - from) * Float.BYTES);
    }
    return chunks;
  }
}
