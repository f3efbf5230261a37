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
 * Which connections between workers keep breaking although both ends live. One of a pair that broke
 * several generations in a row, none of which committed a step, is evicted.
 */
final class BrokenLinks {

  /** Generations in a row that a pair may break. */
  static final int MAX_BREAKS = 3;

  /** The same of a pair of which one is a newcomer. */
  static final int MAX_BREAKS_WITH_NEWCOMER = 1;

  /** How many generations in a row each pair broke. */
  private Map<Pair, Integer> streaks = new TreeMap<>();

  /** Two names in their order; the second is empty if no single peer was named. */
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
   * The connections of a generation broke and nobody died.
   *
   * @return who is evicted, if a pair broke too often: the newcomer, else the one that more workers
   *     reported, else the one of higher rank
   */
  Optional<Member> generationBroke(MembershipEpoch epoch) {
    Map<Pair, Integer> next = new TreeMap<>();
    Set<Pair> withNewcomers = new HashSet<>();
    Map<Member, Integer> reports = new HashMap<>();
    for (Member reporter : epoch.disconnected()) {
      Optional<Member> peer = peer(epoch, reporter);
      Pair pair = Pair.of(reporter.name(), peer.map(Member::name).orElse(""));
      next.put(pair, streaks.getOrDefault(pair, 0) + 1);
      peer.ifPresent(other -> reports.merge(other, 1, Integer::sum));
      if (peer.filter(other -> other.proven != reporter.proven).isPresent()) {
        withNewcomers.add(pair);
      }
    }
    streaks = next;
    Optional<Pair> worst =
        next.entrySet().stream()
            .filter(entry ->
                entry.getValue()
                    >= (withNewcomers.contains(entry.getKey())
                        ? MAX_BREAKS_WITH_NEWCOMER
                        : MAX_BREAKS))
            .map(Map.Entry::getKey)
            .findFirst();
    worst.ifPresent(_ -> streaks.clear());
    return worst.flatMap(pair -> evicted(epoch, pair, reports));
  }

  private static Optional<Member> peer(MembershipEpoch epoch, Member reporter) {
    Event.Broken broken = reporter.broken;
    if (broken == null || broken.peer() < 0 || broken.peer() == reporter.rank) {
      return Optional.empty();
    }
    return epoch.byRank(broken.peer());
  }

  private static Optional<Member> evicted(
      MembershipEpoch epoch, Pair pair, Map<Member, Integer> reports) {
    List<Member> both = new ArrayList<>();
    epoch.forEach(member -> {
      if (member.name().equals(pair.first()) || member.name().equals(pair.second())) {
        both.add(member);
      }
    });
    return both.stream()
        .max(
            Comparator.comparing((Member member) -> !member.proven)
                .thenComparingInt(member -> reports.getOrDefault(member, 0))
                .thenComparingInt(member -> member.rank));
  }
}
