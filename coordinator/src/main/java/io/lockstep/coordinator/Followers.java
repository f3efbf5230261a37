package io.lockstep.coordinator;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who follows a run, as far as they say so. Only people look at it; no decision of a run depends on
 * it, and it is forgotten with the process. Safe for use by several threads.
 */
public final class Followers {

  /** More are not remembered: whoever asks can't fill the memory. */
  static final int MOST = 256;

  private final Clock clock;

  // Guarded by this.
  private final Map<String, Follower> byName = new LinkedHashMap<>();

  /** Nobody yet. */
  public Followers(Clock clock) {
    this.clock = clock;
  }

  /** Somebody begins to follow, or does so again. */
  public synchronized void began(String name, String address) {
    Optional<Follower.Serving> before =
        Optional.ofNullable(byName.get(name)).flatMap(Follower::serving);
    put(new Follower(name, address, clock.instant(), true, before));
  }

  /** Somebody follows no longer; what it served last is remembered. */
  public synchronized void ended(String name) {
    byName.computeIfPresent(name, (same, follower) -> follower.gone());
  }

  /** Somebody says what it serves. One that doesn't follow is remembered as gone. */
  public synchronized void serves(
      String name, String address, long steps, String alignment, boolean aligned) {
    Optional<Follower.Serving> serving =
        Optional.of(new Follower.Serving(clock.instant(), steps, alignment, aligned));
    Follower before = byName.get(name);
    put(
        before == null
            ? new Follower(name, address, clock.instant(), false, serving)
            : new Follower(name, before.address(), before.since(), before.connected(), serving));
  }

  private void put(Follower follower) {
    if (byName.size() >= MOST && !byName.containsKey(follower.name())) {
      Optional<String> gone =
          byName.values().stream()
              .filter(each -> !each.connected())
              .map(Follower::name)
              .findFirst();
      if (gone.isEmpty()) {
        return;
      }
      byName.remove(gone.get());
    }
    byName.put(follower.name(), follower);
  }

  /** All that are remembered: those who follow first, then by name. */
  public synchronized List<Follower> all() {
    List<Follower> all = new ArrayList<>(byName.values());
    all.sort(Comparator.comparing(Follower::connected).reversed().thenComparing(Follower::name));
    return List.copyOf(all);
  }
}
