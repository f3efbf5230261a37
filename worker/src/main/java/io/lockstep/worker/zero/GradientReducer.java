package io.lockstep.worker.zero;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
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
 *
 * <p>A buddy is sent the result as well. Since it makes the same update, it is left out when the
 * updated parameters go round: with or without buddies a rank sends the same number of bytes.
 */
public final class GradientReducer implements AutoCloseable {

  private static final List<String> PHASE_NAMES = List.of("reduce", "copy", "gather");
  private static final int PHASES = PHASE_NAMES.size();
  private static final int REDUCE = 0;
  private static final int COPY = 1;
  private static final int GATHER = 2;

  private final Collective collective;
  private final Shard shard;
  private final Buckets buckets;
  private final ReductionTree tree;
  private final Scope scope = Scope.lasting();
  private final Map<Node, NDArray> received = new LinkedHashMap<>();
  private final NDArray copied;

  /**
   * A reducer for one generation of the world.
   *
   * @param shard what this rank owns and copies
   */
  public GradientReducer(Collective collective, Shard shard, Buckets buckets, int virtualRanks) {
    this.collective = collective;
    this.shard = shard;
    this.buckets = buckets;
    this.tree = new ReductionTree(virtualRanks);
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != collective.rank() && owned().floats() > 0) {
        coverOf(peer)
            .forEach(node -> received.put(node, scope.zeros(Dtype.FLOAT32, owned().floats())));
      }
    }
    copied = scope.zeros(Dtype.FLOAT32, copiedOf(shard).floats());
  }

  /** An exchange in words, such as {@code step 7, reduce}. */
  public static String exchangeName(long tag) {
    return "step %d, %s".formatted(tag / PHASES, PHASE_NAMES.get(Math.toIntExact(tag % PHASES)));
  }

  /** The range of the flat buffer this rank owns. */
  public Range owned() {
    return ownedBy(collective.rank());
  }

  private Range ownedBy(int rank) {
    return buckets.owned(rank, collective.size());
  }

  private Range copiedOf(Shard of) {
    return buckets.range(of.copied(buckets.count()));
  }

  /**
   * Sums a step's gradients over all virtual ranks.
   *
   * @param partials flat sums of exactly this rank's subtrees; overwritten
   * @return the sum over what is owned and copied: views that are valid until the partials or this
   *     reducer are used again
   */
  public ReducedGradient reduce(long step, Map<Node, NDArray> partials) {
    collective.exchange(step * PHASES + REDUCE, sends(partials), receives());
    NDArray owned = finish(partials);
    if (shard.buddy() && collective.size() > 1) {
      copy(step, owned);
    }
    return new ReducedGradient(step, owned, copied);
  }

  private NDArray finish(Map<Node, NDArray> partials) {
    Range range = owned();
    if (range.floats() == 0) {
      return Ops.narrow(partials.values().iterator().next(), 0, 0, 0);
    }
    Map<Node, NDArray> parts = new LinkedHashMap<>(received);
    partials.forEach(
        (node, flat) -> parts.put(node, Ops.narrow(flat, 0, range.start(), range.floats())));
    NDArray sum =
        tree.fold(
            parts,
            (left, right) -> {
              Ops.addInPlace(left, right);
              return left;
            });
    return Ops.narrow(sum, 0, 0, range.floats());
  }

  /** Passes the own sum to the buddy, and receives that of which this rank is the buddy. */
  private void copy(long step, NDArray owned) {
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    if (owned().floats() > 0) {
      sends.add(new Transfer(shard.buddyRank(), 0, TensorMemory.of(owned)));
    }
    if (copiedOf(shard).floats() > 0) {
      int ward = (collective.rank() + collective.size() - 1) % collective.size();
      receives.add(new Transfer(ward, 0, TensorMemory.of(copied)));
    }
    collective.exchange(step * PHASES + COPY, sends, receives);
  }

  /**
   * Sends this rank's range of the flat parameters to all who have not computed it themselves, and
   * receives what it has not computed, in place.
   */
  public void gather(long step, MemorySegment flat) {
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != collective.rank()) {
        Shard theirs = new Shard(peer, collective.size(), shard.buddy());
        add(sends, peer, flat, owned(), copiedOf(theirs));
        add(receives, peer, flat, ownedBy(peer), copiedOf(shard));
      }
    }
    collective.exchange(step * PHASES + GATHER, sends, receives);
  }

  private static void add(
      List<Transfer> transfers, int peer, MemorySegment flat, Range range, Range known) {
    if (range.floats() > 0 && !range.equals(known)) {
      transfers.add(new Transfer(peer, 0, slice(flat, range)));
    }
  }

  private List<Transfer> sends(Map<Node, NDArray> partials) {
    List<Transfer> sends = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      Range range = ownedBy(peer);
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
