package io.lockstep.worker.zero;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.worker.zero.Buckets.Range;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reduce-scatter of gradients along the one tree over all virtual ranks, and all-gather of updated
 * parameters.
 *
 * <p>Every rank has summed the largest subtrees inside its own block of virtual ranks. It sends
 * each owner that owner's range of those sums; the owner finishes the tree in tree order. The sum
 * is thus the same to the bit for every number of workers, and a world of one takes the same path
 * without sending anything.
 */
public final class GradientReducer implements AutoCloseable {

  private static final int PHASES = 2;
  private static final int REDUCE = 0;
  private static final int GATHER = 1;

  private final Collective collective;
  private final Buckets buckets;
  private final ReductionTree tree;
  private final Scope scope = Scope.lasting();
  private final Map<Node, NDArray> received = new LinkedHashMap<>();

  /** A reducer for one generation of the world. */
  public GradientReducer(Collective collective, Buckets buckets, int virtualRanks) {
    this.collective = collective;
    this.buckets = buckets;
    this.tree = new ReductionTree(virtualRanks);
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != collective.rank() && owned().floats() > 0) {
        coverOf(peer)
            .forEach(node -> received.put(node, scope.zeros(Dtype.FLOAT32, owned().floats())));
      }
    }
  }

  /** The range of the flat buffer this rank owns. */
  public Range owned() {
    return buckets.owned(collective.rank(), collective.size());
  }

  /**
   * Sums a step's gradients over all virtual ranks.
   *
   * @param partials flat sums of exactly this rank's subtrees; overwritten
   * @return the sum over the owned range; a view that is valid until the partials or this reducer
   *     are used again
   */
  public NDArray reduce(long step, Map<Node, NDArray> partials) {
    collective.exchange(step * PHASES + REDUCE, sends(partials), receives());
    Range range = owned();
    if (range.floats() == 0) {
      return Ops.narrow(partials.values().iterator().next(), 0, 0, 0);
    }
    Map<Node, NDArray> parts = new LinkedHashMap<>(received);
    partials.forEach(
        (node, flat) -> parts.put(node, Ops.narrow(flat, 0, range.start(), range.floats())));
    return tree.fold(
        parts,
        (left, right) -> {
          Ops.addInPlace(left, right);
          return left;
        });
  }

  /** Sends this rank's range of the flat parameters to all others and receives theirs, in place. */
  public void gather(long step, MemorySegment flat) {
    List<List<MemorySegment>> ranges = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      Range range = buckets.owned(peer, collective.size());
      ranges.add(range.floats() == 0 ? List.of() : List.of(slice(flat, range)));
    }
    collective.allGather(step * PHASES + GATHER, ranges);
  }

  private List<Transfer> sends(Map<Node, NDArray> partials) {
    List<Transfer> sends = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      Range range = buckets.owned(peer, collective.size());
      if (peer == collective.rank() || range.floats() == 0) {
        continue;
      }
      int slot = 0;
      for (NDArray flat : partials.values()) {
        sends.add(new Transfer(peer, slot++, slice(TensorMemory.of(flat), range)));
      }
    }
    return sends;
  }

  private List<Transfer> receives() {
    List<Transfer> receives = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer == collective.rank() || owned().floats() == 0) {
        continue;
      }
      int slot = 0;
      for (Node node : coverOf(peer)) {
        NDArray scratch = Objects.requireNonNull(received.get(node));
        receives.add(new Transfer(peer, slot++, TensorMemory.of(scratch)));
      }
    }
    return receives;
  }

  private List<Node> coverOf(int rank) {
    RankSpan span = RankSpan.of(tree.leaves(), rank, collective.size());
    return tree.cover(span.first(), span.end());
  }

  private static MemorySegment slice(MemorySegment flat, Range range) {
    return flat.asSlice(range.start() * Float.BYTES, range.floats() * Float.BYTES);
  }

  @Override
  public void close() {
    scope.close();
  }
}
