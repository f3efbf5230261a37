package io.lockstep.collective.bench;

import io.lockstep.collective.Collective;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.tensor.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sums float32 memory of the host over all ranks: every rank sends each chunk to its owner, owners
 * sum in tree order while the chunks arrive, the sums are all-gathered. As many bytes as a ring,
 * the same bits on every rank.
 */
public final class AllReduce {

  private final Collective collective;
  private final ReductionTree tree;
  private final List<PieceStreams.Source> others = new ArrayList<>();

  /** An all-reduce in which every rank is one leaf of the tree. */
  public AllReduce(Collective collective) {
    this.collective = collective;
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
  public void run(long tag, Buffer data) {
    Buffer[] chunks = chunks(data);
    Buffer own = chunks[collective.rank()];
    List<Transfer> sends = new ArrayList<>();
    others.forEach(other -> sends.add(new Transfer(other.peer(), 0, chunks[other.peer()])));
    PieceStreams streams =
        new PieceStreams(
            own.dtype(),
            own.elements(),
            others,
            (offset, pieces) -> sum(own.slice(offset, pieces.getFirst().elements()), pieces));
    collective.exchange(tag, sends, List.of(), streams);
    collective.allGather(tag + 1, chunks);
  }

  private void sum(Buffer own, List<Buffer> pieces) {
    Map<Node, Buffer> parts = new HashMap<>();
    parts.put(leaf(collective.rank()), own);
    for (int i = 0; i < pieces.size(); i++) {
      parts.put(leaf(others.get(i).peer()), pieces.get(i));
    }
    tree.fold(
        parts,
        (left, right) -> {
          // a + b and b + a are the same bits, so the sum may always end in the own chunk.
          Buffer into = right.equals(own) ? right : left;
          own.device().kernels().add(into, into.equals(left) ? right : left);
          return into;
        });
  }

  private static Node leaf(int rank) {
    return new Node(rank, rank + 1);
  }

  private Buffer[] chunks(Buffer data) {
    int size = collective.size();
    long floats = data.elements();
    long chunk = Math.ceilDiv(floats, size);
    Buffer[] chunks = new Buffer[size];
    for (int rank = 0; rank < size; rank++) {
      long from = Math.min(floats, chunk * rank);
      long to = Math.min(floats, from + chunk);
      chunks[rank] = data.slice(from, to - from);
    }
    return chunks;
  }
}
