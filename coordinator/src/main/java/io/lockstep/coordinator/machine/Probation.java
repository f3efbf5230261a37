package io.lockstep.coordinator.machine;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Workers that kept a world from beginning or broke the protocol: each is not taken back for a
 * while, twice as long each time. Newcomers as a whole are made to wait likewise as long as none of
 * them proves itself, so that strangers under ever new names can't stop a run that goes on without
 * them.
 */
final class Probation {

  /** How long one waits that failed for the first time. */
  static final long FIRST_MILLIS = 10_000;

  /** How long one waits at most. */
  static final long LONGEST_MILLIS = 3_600_000;

  /** Workers that are remembered. */
  private static final int REMEMBERED = 1024;

  private final Map<String, Exile> exiles = new LinkedHashMap<>();
  private Exile newcomers = new Exile(0, 0);

  /**
   * @param until when it ends
   * @param millis how long it was
   */
  private record Exile(long until, long millis) {

    Exile longer(long now) {
      long next = millis == 0 ? FIRST_MILLIS : Math.min(2 * millis, LONGEST_MILLIS);
      return new Exile(now + next, next);
    }
  }

  /** A worker has failed its trial; returns how long it isn't taken back, in milliseconds. */
  long failed(Member member, long now) {
    if (!member.proven && member.place != Member.Place.WAITS) {
      newcomers = newcomers.longer(now);
    }
    return extend(key(member.name(), member.address), now);
  }

  private static String key(String name, String address) {
    return name + " at " + address;
  }

  private long extend(String key, long now) {
    Exile before = exiles.remove(key);
    Exile next = (before == null ? new Exile(0, 0) : before).longer(now);
    exiles.put(key, next);
    if (exiles.size() > REMEMBERED) {
      exiles.remove(exiles.keySet().iterator().next());
    }
    return next.millis();
  }

  /** A worker has taken part in a committed step for the first time. */
  void proved(Member member) {
    exiles.remove(key(member.name(), member.address));
    newcomers = new Exile(0, 0);
  }

  /** How long a worker is refused still, in milliseconds; 0 if it may join. */
  long remaining(String name, String address, long now) {
    @Nullable Exile exile = exiles.get(key(name, address));
    return exile == null ? 0 : Math.max(0, exile.until() - now);
  }

  /** Whether a world that goes on without them takes newcomers in. */
  boolean takesNewcomers(long now) {
    return now >= newcomers.until();
  }
}
