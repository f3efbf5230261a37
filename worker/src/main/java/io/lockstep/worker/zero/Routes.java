package io.lockstep.worker.zero;

import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Which ranges of the flat buffer go from whom to whom in the exchanges of a step. {@link
 * GradientReducer} sends them, {@link StageCost} counts them.
 */
final class Routes {

  private final Shard shard;
  private final Buckets buckets;
  private final ReductionTree tree;

  /**
   * One range on its way to or from a peer.
   *
   * @param slot tells several legs of one exchange with the same peer apart
   */
  record Leg(int peer, int slot, Range range) {}

  /** The routes of the rank whose shard is given. */
  Routes(Shard shard, Buckets buckets, int virtualRanks) {
    this.shard = shard;
    this.buckets = buckets;
    this.tree = new ReductionTree(virtualRanks);
  }

  ReductionTree tree() {
    return tree;
  }

  Range owned() {
    return ownedBy(shard.rank());
  }

  /** How many ranks there are. */
  int world() {
    return shard.world();
  }

  Range copied() {
    return copiedBy(shard.rank());
  }

  Range ownedBy(int rank) {
    return buckets.owned(rank, shard.world());
  }

  private Range copiedBy(int rank) {
    return buckets.range(
        new Shard(rank, shard.world(), shard.replicates()).copied(buckets.count()));
  }

  /** The subtrees whose sums a rank sends, in the order of their slots. */
  List<Node> coverOf(int rank) {
    RankSpan span = RankSpan.of(tree.leaves(), rank, shard.world());
    return tree.cover(span.first(), span.end());
  }

  /** What each owner gets of every own subtree's sum over a range. */
  List<Leg> reduceSends(Range range) {
    int sums = coverOf(shard.rank()).size();
    List<Leg> legs = new ArrayList<>();
    for (int peer = 0; peer < shard.world(); peer++) {
      Range part = ownedBy(peer).intersect(range);
      for (int slot = 0; slot < sums && peer != shard.rank() && part.floats() > 0; slot++) {
        legs.add(new Leg(peer, slot, part));
      }
    }
    return legs;
  }

  /** Whether what a rank owns and what it copies are all there is. */
  boolean everybodyHoldsAll() {
    return world() == 1 || (world() == 2 && shard.replicates());
  }

  /** What of a range's result goes to the rank that holds a replica of it. */
  List<Leg> copySends(Range range) {
    return shard.replicates() && shard.world() > 1
        ? leg(shard.replicaRank(), owned().intersect(range))
        : List.of();
  }

  /** What of a range's result comes from the rank whose replica this one holds. */
  List<Leg> copyReceives(Range range) {
    return leg((shard.rank() + shard.world() - 1) % shard.world(), copied().intersect(range));
  }

  private static List<Leg> leg(int peer, Range range) {
    return range.floats() == 0 ? List.of() : List.of(new Leg(peer, 0, range));
  }

  /**
   * What this rank sends so that others have the parameters of some ranges.
   *
   * @param ranges disjoint
   * @param takes which ranks want them; those that hold what they copy need it not
   */
  List<Leg> gatherSends(List<Range> ranges, IntPredicate takes) {
    List<Leg> legs = new ArrayList<>();
    for (int peer = 0; peer < shard.world(); peer++) {
      if (peer != shard.rank() && takes.test(peer)) {
        add(legs, peer, ranges, owned(), copiedBy(peer));
      }
    }
    return legs;
  }

  /** What this rank receives of some ranges, if it wants them. */
  List<Leg> gatherReceives(List<Range> ranges, IntPredicate takes) {
    List<Leg> legs = new ArrayList<>();
    for (int peer = 0; peer < shard.world() && takes.test(shard.rank()); peer++) {
      if (peer != shard.rank()) {
        add(legs, peer, ranges, ownedBy(peer), copied());
      }
    }
    return legs;
  }

  private static void add(List<Leg> legs, int peer, List<Range> ranges, Range given, Range known) {
    int slot = 0;
    for (Range range : ranges) {
      Range part = given.intersect(range);
      if (part.floats() > 0 && !given.equals(known)) {
        legs.add(new Leg(peer, slot++, part));
      }
    }
  }
}
