package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who keeps an epoch from beginning: a participant that doesn't enter it, or one that others get no
 * connection with. Of two without a connection the newcomer is evicted, else the one that more
 * others miss, else the one that joined last.
 */
final class Stragglers {

  /** How long two participants that have both entered may take to connect. */
  static final long CONNECT_MILLIS = 5_000;

  /** How long a newcomer, which computes nothing meanwhile, may take to enter. */
  static final long ENTER_MILLIS = 5_000;

  private Stragglers() {}

  /**
   * A participant to evict.
   *
   * @param how what it failed to do, one line
   */
  record Straggler(Member member, String how) {}

  /**
   * The next participant to evict, if there is one.
   *
   * @param newcomerMillis how long a newcomer may take to enter
   * @param provenMillis how long one that was computing a step may take
   */
  static Optional<Straggler> find(
      MembershipEpoch epoch, long now, long newcomerMillis, long provenMillis) {
    return notEntered(epoch, now, newcomerMillis, provenMillis).or(() -> unreachable(epoch, now));
  }

  private static Optional<Straggler> notEntered(
      MembershipEpoch epoch, long now, long newcomerMillis, long provenMillis) {
    long waited = now - epoch.formedAt();
    return epoch.participants().stream()
        .filter(member -> !member.ready && member.enteredAt < 0)
        .filter(member -> waited > (member.proven ? provenMillis : newcomerMillis))
        .findFirst()
        .map(member ->
            new Straggler(
                member,
                "it was told of generation %d and hasn't come for %d ms"
                    .formatted(epoch.generation(), waited)));
  }

  private static Optional<Straggler> unreachable(MembershipEpoch epoch, long now) {
    Map<Member, Integer> missed = new HashMap<>();
    List<Member[]> pairs = new ArrayList<>();
    epoch.forEach(member -> {
      for (int rank : member.awaited) {
        epoch
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
        .map(pair -> evicted(pair, missed))
        .max(order(missed))
        .map(member ->
            new Straggler(
                member,
                "%d of the others got no connection with it at %s within %d ms"
                    .formatted(missed.getOrDefault(member, 0), member.address, CONNECT_MILLIS)));
  }

  private static Member evicted(Member[] pair, Map<Member, Integer> missed) {
    return order(missed).compare(pair[0], pair[1]) > 0 ? pair[0] : pair[1];
  }

  /** The greatest is evicted first. */
  private static Comparator<Member> order(Map<Member, Integer> missed) {
    return Comparator.comparing((Member member) -> !member.proven)
        .thenComparingInt(member -> missed.getOrDefault(member, 0))
        .thenComparingLong(member -> member.session);
  }
}
