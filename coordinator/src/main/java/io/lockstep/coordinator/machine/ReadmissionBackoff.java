package io.lockstep.coordinator.machine;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Exponential backoff for workers that kept an epoch from beginning or broke the protocol: each is
 * refused for a while, twice as long each time. Newcomers as a whole are left out of new epochs
 * likewise until one of them takes part in a committed step, so that workers under ever new names
 * can't stop a run that goes on without them.
 */
final class ReadmissionBackoff {

  /** The first backoff. */
  static final long FIRST_MILLIS = 10_000;

  /** The longest backoff. */
  static final long LONGEST_MILLIS = 3_600_000;

  /** Most workers whose backoff is kept; the oldest is forgotten first. */
  private static final int MAX_KEPT = 1024;

  private final Map<String, Backoff> backoffs = new LinkedHashMap<>();
  private Backoff newcomers = new Backoff(0, 0);

  /**
   * A time of refusal.
   *
   * @param until when it ends
   * @param millis how long it is; 0 before the first
   */
  private record Backoff(long until, long millis) {

    Backoff doubled(long now) {
      long next = millis == 0 ? FIRST_MILLIS : Math.min(2 * millis, LONGEST_MILLIS);
      return new Backoff(now + next, next);
    }
  }

  /** A worker is evicted; returns how long it is refused, in milliseconds. */
  long failed(Member member, long now) {
    if (!member.proven && member.role != Member.Role.SPARE) {
      newcomers = newcomers.doubled(now);
    }
    return extend(key(member.name(), member.address), now);
  }

  private static String key(String name, String address) {
    return name + " at " + address;
  }

  private long extend(String key, long now) {
    Backoff before = backoffs.remove(key);
    Backoff next = (before == null ? new Backoff(0, 0) : before).doubled(now);
    backoffs.put(key, next);
    if (backoffs.size() > MAX_KEPT) {
      backoffs.remove(backoffs.keySet().iterator().next());
    }
    return next.millis();
  }

  /** A worker has taken part in a committed step for the first time. */
  void proved(Member member) {
    backoffs.remove(key(member.name(), member.address));
    newcomers = new Backoff(0, 0);
  }

  /** How much longer a worker is refused, in milliseconds; 0 if it may join. */
  long remaining(String name, String address, long now) {
    Backoff backoff = backoffs.get(key(name, address));
    return backoff == null ? 0 : Math.max(0, backoff.until() - now);
  }

  /** Whether newcomers may be members of the next epoch. */
  boolean admitsNewcomers(long now) {
    return now >= newcomers.until();
  }
}
