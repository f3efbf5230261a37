package io.lockstep.collective.reduce;

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
 * Sums flat float32 memory over all ranks along one tree; every rank ends up with the sum of the
 * range it owns.
 *
 * <p>Each rank holds the sums of some subtrees and sends every owner that owner's range of them.
 * The owner adds piece by piece, while later pieces arrive, always in the tree's order: the sum is
 * the same to the bit whoever holds which subtree. Beside the subtrees themselves it takes the
 * memory of a few pieces.
 */
public final class TreeReduceScatter {

  /** A rank's own subtrees come first, then those of all others in rank order. */
  private record Addition(int into, int from) {}

  private final Collective collective;
  private final Adder adder;
  private final int own;
  private final List<PieceStreams.Source> sources = new ArrayList<>();
  private final List<Addition> additions = new ArrayList<>();
  private final int result;

  /**
   * A part of the flat memory.
   *
   * @param offset first byte
   * @param bytes length, a multiple of 4
   */
  public record Range(long offset, long bytes) {

    MemorySegment of(MemorySegment flat) {
      return flat.asSlice(offset, bytes);
    }
  }

  /**
   * Prepares the sum for one membership.
   *
   * @param nodes the subtrees whose sums each rank holds, by rank, each list in the order in which
   *     that rank gives them to {@link #reduce}; a partition of the tree
   * @throws IllegalArgumentException if they are no partition or this rank holds none
   */
  public TreeReduceScatter(
      Collective collective, ReductionTree tree, List<List<Node>> nodes, Adder adder) {
    this.collective = collective;
    this.adder = adder;
    int rank = collective.rank();
    this.own = nodes.get(rank).size();
    if (own == 0) {
      throw new IllegalArgumentException(
          "rank %d holds no subtree of %d virtual ranks".formatted(rank, tree.leaves()));
    }
    Map<Node, Integer> values = new HashMap<>();
    nodes.get(rank).forEach(node -> values.put(node, values.size()));
    for (int peer = 0; peer < collective.size(); peer++) {
      for (int slot = 0; peer != rank && slot < nodes.get(peer).size(); slot++) {
        values.put(nodes.get(peer).get(slot), own + sources.size());
        sources.add(new PieceStreams.Source(peer, slot));
      }
    }
    this.result = tree.fold(values, this::add);
  }

  /** Notes one addition; a + b and b + a are the same bits, so sums may stay in own memory. */
  private int add(int left, int right) {
    boolean swap = right < own && left >= own;
    additions.add(swap ? new Addition(right, left) : new Addition(left, right));
    return swap ? right : left;
  }

  /** Which of the given sums holds the result; the same in every call. */
  public int result() {
    return result;
  }

  /**
   * Sums a step's memory over all ranks.
   *
   * @param owned the range that each rank owns, by rank
   * @param sums flat memory of this rank's subtrees, in the order given before; overwritten in the
   *     own range
   * @return the own range of {@code sums.get(result())}, which holds the sum over all ranks
   */
  public MemorySegment reduce(long tag, List<Range> owned, List<MemorySegment> sums) {
    Range mine = owned.get(collective.rank());
    List<MemorySegment> parts = sums.stream().map(mine::of).toList();
    if (sources.isEmpty()) {
      sum(parts, 0, mine.bytes(), List.of());
      collective.exchange(tag, sends(owned, sums), List.of());
    } else if (mine.bytes() == 0) {
      collective.exchange(tag, sends(owned, sums), List.of());
    } else {
      PieceStreams streams =
          new PieceStreams(
              mine.bytes(),
              sources,
              (offset, pieces) -> sum(parts, offset, pieces.getFirst().byteSize(), pieces));
      collective.exchange(tag, sends(owned, sums), List.of(), streams);
    }
    return parts.get(result);
  }

  private List<Transfer> sends(List<Range> owned, List<MemorySegment> sums) {
    List<Transfer> sends = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      Range range = owned.get(peer);
      for (int slot = 0; peer != collective.rank() && slot < own && range.bytes() > 0; slot++) {
        sends.add(new Transfer(peer, slot, range.of(sums.get(slot))));
      }
    }
    return sends;
  }

  private void sum(List<MemorySegment> parts, long offset, long bytes, List<MemorySegment> pieces) {
    for (Addition addition : additions) {
      adder.add(
          value(addition.into(), parts, offset, bytes, pieces),
          value(addition.from(), parts, offset, bytes, pieces),
          bytes / Float.BYTES);
    }
  }

  private MemorySegment value(
      int index, List<MemorySegment> parts, long offset, long bytes, List<MemorySegment> pieces) {
    return index < own ? parts.get(index).asSlice(offset, bytes) : pieces.get(index - own);
  }
}
