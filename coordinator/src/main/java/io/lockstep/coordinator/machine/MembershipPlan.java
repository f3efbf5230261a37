package io.lockstep.coordinator.machine;

import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Who takes part in the next epoch, and which of them hold which shards of the state.
 *
 * @param members in the order of their ranks
 * @param departing hand over their shards and leave
 * @param holders which shards the state comes from; empty if none is needed or some is missing
 * @param complete whether the whole state is there, or none is needed
 */
record MembershipPlan(
    List<Member> members,
    List<Member> departing,
    List<Membership.Holder> holders,
    boolean complete) {

  /**
   * The workers and shards to plan with.
   *
   * @param committed committed steps
   * @param buckets number of buckets, 0 before the first step
   * @param mayApply whether the figures of the last committed step are known, for those that have
   *     yet to apply it
   */
  record Stock(Collection<Member> workers, long committed, int buckets, boolean mayApply) {

    List<Holding> usable(Member member) {
      return member.holdings.stream()
          .filter(holding -> holding.isUsableAt(committed))
          .filter(holding -> mayApply || holding.steps() == committed)
          .map(holding -> holding.at(committed))
          .toList();
    }

    boolean holdsSome(Member member) {
      return !usable(member).isEmpty();
    }
  }

  /**
   * Plans an epoch of at most {@code maxWorkers}. Workers that computed committed steps and hold a
   * shard come first, then others that did, then others that hold a shard, then those that joined
   * first. Ranks follow names, so that they don't depend on who connected first.
   */
  static MembershipPlan of(Stock stock, int maxWorkers) {
    Comparator<Member> preference =
        Comparator.comparing((Member member) -> !(member.proven && stock.holdsSome(member)))
            .thenComparing(member -> !member.proven)
            .thenComparing(member -> !stock.holdsSome(member))
            .thenComparing(member -> !member.hasTrained)
            .thenComparingLong(member -> member.session);
    List<Member> available =
        stock.workers().stream().filter(Member::isAvailable).sorted(preference).toList();
    List<Member> chosen = available.subList(0, Math.min(maxWorkers, available.size()));
    List<Member> members = byName(chosen);
    List<Member> departing =
        byName(
            stock.workers().stream()
                .filter(member -> member.leaving != null)
                .filter(stock::holdsSome)
                .toList());
    if (stock.committed() == 0) {
      return new MembershipPlan(members, List.of(), List.of(), true);
    }
    MembershipPlan plan = withHolders(stock, members, departing);
    if (plan.complete()) {
      return plan;
    }
    List<Member> surplus = new ArrayList<>(departing);
    available.subList(chosen.size(), available.size()).stream()
        .filter(stock::holdsSome)
        .forEach(surplus::add);
    return withHolders(stock, members, byName(surplus));
  }

  private static List<Member> byName(List<Member> workers) {
    return workers.stream().sorted(Comparator.comparing(Member::name)).toList();
  }

  /** Takes each participant's oldest shard, if that is enough, otherwise every shard there is. */
  private static MembershipPlan withHolders(
      Stock stock, List<Member> members, List<Member> departing) {
    List<Member> all = new ArrayList<>(members);
    all.addAll(departing);
    List<Membership.Holder> oldest = new ArrayList<>();
    List<Membership.Holder> every = new ArrayList<>();
    for (int rank = 0; rank < all.size(); rank++) {
      List<Holding> usable = stock.usable(all.get(rank));
      if (!usable.isEmpty()) {
        oldest.add(new Membership.Holder(rank, usable.getFirst()));
      }
      for (Holding holding : usable) {
        every.add(new Membership.Holder(rank, holding));
      }
    }
    for (List<Membership.Holder> holders : List.of(oldest, every)) {
      List<Shard> shards = holders.stream().map(holder -> holder.holding().shard()).toList();
      // Without a step since the run began at a checkpoint nobody knows how many buckets there are.
      if (stock.buckets() > 0 && Shard.coverAll(shards, stock.buckets())) {
        return new MembershipPlan(members, departing, List.copyOf(holders), true);
      }
    }
    return new MembershipPlan(members, List.of(), List.of(), false);
  }

  /** The shards that each rank keeps until the new epoch has begun. */
  static List<List<Holding>> kept(List<Membership.Holder> holders, int participants) {
    List<List<Holding>> kept = new ArrayList<>();
    for (int rank = 0; rank < participants; rank++) {
      kept.add(new ArrayList<>());
    }
    holders.forEach(holder -> kept.get(holder.rank()).add(holder.holding()));
    return kept;
  }
}
