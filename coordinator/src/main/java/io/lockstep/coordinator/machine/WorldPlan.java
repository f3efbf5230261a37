package io.lockstep.coordinator.machine;

import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Who forms the next world, and who holds what of the state.
 *
 * @param members in the order of their ranks
 * @param departing hand over what they hold and leave
 * @param holders who holds what, if that is needed and enough; empty otherwise
 * @param complete whether the state is there: held by somebody, or none is needed
 */
record WorldPlan(
    List<Member> members,
    List<Member> departing,
    List<Generation.Holder> holders,
    boolean complete) {

  /**
   * What there is to choose from.
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
   * Plans a world of at most {@code maxWorkers}. Those that trained before and hold something of
   * the state come first, then others that trained, others that hold something, and those that came
   * first. Ranks follow names, so that they don't depend on who connected first.
   */
  static WorldPlan of(Stock stock, int maxWorkers) {
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
      return new WorldPlan(members, List.of(), List.of(), true);
    }
    WorldPlan plan = withHolders(stock, members, departing);
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

  /** Each one's oldest shard, if that is enough; otherwise every shard there is. */
  private static WorldPlan withHolders(Stock stock, List<Member> members, List<Member> departing) {
    List<Member> all = new ArrayList<>(members);
    all.addAll(departing);
    List<Generation.Holder> oldest = new ArrayList<>();
    List<Generation.Holder> every = new ArrayList<>();
    for (int rank = 0; rank < all.size(); rank++) {
      List<Holding> usable = stock.usable(all.get(rank));
      if (!usable.isEmpty()) {
        oldest.add(new Generation.Holder(rank, usable.getFirst()));
      }
      for (Holding holding : usable) {
        every.add(new Generation.Holder(rank, holding));
      }
    }
    for (List<Generation.Holder> holders : List.of(oldest, every)) {
      List<Shard> shards = holders.stream().map(holder -> holder.holding().shard()).toList();
      // Without a step since the run began at a checkpoint nobody knows how many buckets there are.
      if (stock.buckets() > 0 && Shard.coverAll(shards, stock.buckets())) {
        return new WorldPlan(members, departing, List.copyOf(holders), true);
      }
    }
    return new WorldPlan(members, List.of(), List.of(), false);
  }

  /** What the participant of this rank keeps until the new world has begun. */
  static List<List<Holding>> kept(List<Generation.Holder> holders, int participants) {
    List<List<Holding>> kept = new ArrayList<>();
    for (int rank = 0; rank < participants; rank++) {
      kept.add(new ArrayList<>());
    }
    holders.forEach(holder -> kept.get(holder.rank()).add(holder.holding()));
    return kept;
  }
}
