package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Who waits for whom in the present generation, as its members say. */
final class Stalls {

  /** Most that are kept of a generation. */
  private static final int KEPT = 1024;

  private final RunState state;
  private final Set<Event.Stalled> told = new HashSet<>();
  private final Set<Member> waiting = new LinkedHashSet<>();
  private final Set<Member> awaited = new LinkedHashSet<>();
  private long generation;

  Stalls(RunState state) {
    this.state = state;
  }

  /** A member waits for another; people are told once. */
  void stalled(Member member, Event.Stalled stalled) {
    World world = state.world;
    if (!state.isCurrent(member, "STALLED", stalled.generation()) || world == null) {
      return;
    }
    if (generation != world.number()) {
      generation = world.number();
      stepCommitted();
    }
    waiting.add(member);
    world.byRank(stalled.peer()).filter(peer -> peer != member).ifPresent(awaited::add);
    if (told.size() < KEPT
        && told.add(new Event.Stalled(0, member.rank, stalled.peer(), stalled.what()))) {
      String peer = world.byRank(stalled.peer()).map(Member::describe).orElse("others");
      state.notice("%s waits for %s: %s".formatted(member.describe(), peer, stalled.what()));
    }
  }

  /** Whoever waited has gone on. */
  void stepCommitted() {
    told.clear();
    waiting.clear();
    awaited.clear();
  }

  /** Those that others wait for and that wait for nobody. */
  List<Member> culprits(World world) {
    if (generation != world.number()) {
      return List.of();
    }
    List<Member> culprits = new ArrayList<>(awaited);
    culprits.removeAll(waiting);
    return culprits;
  }
}
