package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which connections between workers keep breaking although both ends live. A pair that broke
 * several generations in a row, none of which committed a step, can't be in one world.
 */
final class BrokenLinks {

  /** Generations in a row after which one of a pair has to go. */
  static final int PATIENCE = 3;

  /** The same of one that never was in a world that computed, with one that was. */
  static final int PATIENCE_WITH_NEWCOMERS = 1;

  private Map<Pair, Integer> streaks = new TreeMap<>();

  /** Two names in their order; the second is empty if nobody in particular was to blame. */
  record Pair(String first, String second) implements Comparable<Pair> {
    private static final Comparator<Pair> ORDER =
        Comparator.comparing(Pair::first).thenComparing(Pair::second);

    static Pair of(String one, String other) {
      boolean ordered = other.isEmpty() || one.compareTo(other) <= 0;
      return ordered ? new Pair(one, other) : new Pair(other, one);
    }

    @Override
    public int compareTo(Pair other) {
      return ORDER.compare(this, other);
    }
  }

  /** Steps are committed: the connections hold. */
  void stepCommitted() {
    streaks.clear();
  }

  /**
   * A generation broke and everybody lives.
   *
   * @return who has to go, if a pair has used up its patience: the newcomer, else the one that more
   *     workers complain about, else the one of higher rank
   */
  Optional<Member> generationBroke(World world) {
    Map<Pair, Integer> next = new TreeMap<>();
    Set<Pair> withNewcomers = new HashSet<>();
    Map<Member, Integer> complaints = new HashMap<>();
    for (Member torn : world.torn()) {
      Optional<Member> peer = peer(world, torn);
      Pair pair = Pair.of(torn.name(), peer.map(Member::name).orElse(""));
      next.put(pair, streaks.getOrDefault(pair, 0) + 1);
      peer.ifPresent(accused -> complaints.merge(accused, 1, Integer::sum));
      if (peer.filter(accused -> accused.proven != torn.proven).isPresent()) {
        withNewcomers.add(pair);
      }
    }
    streaks = next;
    Optional<Pair> worst =
        next.entrySet().stream()
            .filter(entry ->
                entry.getValue()
                    >= (withNewcomers.contains(entry.getKey())
                        ? PATIENCE_WITH_NEWCOMERS
                        : PATIENCE))
            .map(Map.Entry::getKey)
            .findFirst();
    worst.ifPresent(_ -> streaks.clear());
    return worst.flatMap(pair -> guilty(world, pair, complaints));
  }

  private static Optional<Member> peer(World world, Member torn) {
    Event.Broken broken = torn.broken;
    if (broken == null || broken.peer() < 0 || broken.peer() == torn.rank) {
      return Optional.empty();
    }
    return world.byRank(broken.peer());
  }

  private static Optional<Member> guilty(World world, Pair pair, Map<Member, Integer> complaints) {
    List<Member> both = new ArrayList<>();
    world.forEach(member -> {
      if (member.name().equals(pair.first()) || member.name().equals(pair.second())) {
        both.add(member);
      }
    });
    return both.stream()
        .max(
            Comparator.comparing((Member member) -> !member.proven)
                .thenComparingInt(member -> complaints.getOrDefault(member, 0))
                .thenComparingInt(member -> member.rank));
  }
}
