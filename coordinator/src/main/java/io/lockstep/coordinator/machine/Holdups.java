package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who keeps a world from beginning: a member that doesn't come into it, or one that others get no
 * connection with. Between two that miss each other it is the one that was never in a world that
 * computed, then the one that more miss, then the one that came last.
 */
final class Holdups {

  /** How long two members that have both come may take to connect. */
  static final long CONNECT_MILLIS = 5_000;

  /** How long a newcomer, which has nothing else to do, may take to come. */
  static final long ENTER_MILLIS = 5_000;

  private Holdups() {}

  /**
   * Somebody that has to go.
   *
   * @param how what it failed to do, one line
   */
  record Holdup(Member member, String how) {}

  /**
   * The first that has to go, if anybody has.
   *
   * @param formedAt when the world was formed
   * @param newcomersEnter how long a newcomer may take to come
   * @param provenEnter how long one that was computing a step may take
   */
  static Optional<Holdup> find(
      World world, long formedAt, long now, long newcomersEnter, long provenEnter) {
    Map<Member, Integer> missed = new HashMap<>();
    List<Holdup> found = new ArrayList<>();
    world.forEach(member -> {
      long limit = member.proven ? provenEnter : newcomersEnter;
      if (!member.ready && member.enteredAt < 0 && now - formedAt > limit) {
        found.add(
            new Holdup(
                member,
                "it was told of generation %d and hasn't come for %d ms"
                    .formatted(world.number(), now - formedAt)));
      }
    });
    if (!found.isEmpty()) {
      return Optional.of(found.getFirst());
    }
    List<Member[]> pairs = new ArrayList<>();
    world.forEach(member -> {
      for (int rank : member.awaited) {
        world
            .byRank(rank)
            .filter(other -> other != member && other.enteredAt >= 0 && member.enteredAt >= 0)
            .filter(other -> now - Math.max(member.enteredAt, other.enteredAt) > CONNECT_MILLIS)
            .ifPresent(other -> {
              missed.merge(other, 1, Integer::sum);
              pairs.add(new Member[] {member, other});
            });
      }
    });
    return pairs.stream()
        .map(pair -> guilty(pair, missed))
        .max(order(missed))
        .map(member ->
            new Holdup(
                member,
                "%d of the others got no connection with it at %s within %d ms"
                    .formatted(missed.getOrDefault(member, 0), member.address, CONNECT_MILLIS)));
  }

  private static Member guilty(Member[] pair, Map<Member, Integer> missed) {
    return order(missed).compare(pair[0], pair[1]) > 0 ? pair[0] : pair[1];
  }

  /** The last one has to go first. */
  private static Comparator<Member> order(Map<Member, Integer> missed) {
    return Comparator.comparing((Member member) -> !member.proven)
        .thenComparingInt(member -> missed.getOrDefault(member, 0))
        .thenComparingLong(member -> member.session);
  }
}
