package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.NoticeKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which participants of the present epoch wait for which, as they report. */
final class Stalls {

  /** Most notices of one step. */
  private static final int MAX_NOTICES = 1024;

  private final RunState state;
  private final Set<Event.Stalled> told = new HashSet<>();
  private final Set<Member> waiting = new LinkedHashSet<>();
  private final Set<Member> awaited = new LinkedHashSet<>();
  private long generation;

  Stalls(RunState state) {
    this.state = state;
  }

  /** A participant waits for another; the same wait is told once. */
  void stalled(Member member, Event.Stalled stalled) {
    MembershipEpoch epoch = state.epoch;
    if (!state.isCurrent(member, "STALLED", stalled.generation()) || epoch == null) {
      return;
    }
    if (generation != epoch.generation()) {
      generation = epoch.generation();
      stepCommitted();
    }
    waiting.add(member);
    epoch.byRank(stalled.peer()).filter(peer -> peer != member).ifPresent(awaited::add);
    if (told.size() < MAX_NOTICES
        && told.add(new Event.Stalled(0, member.rank, stalled.peer(), stalled.what()))) {
      String peer = epoch.byRank(stalled.peer()).map(Member::describe).orElse("others");
      state.notice(
          NoticeKind.STALLED,
          "%s waits for %s: %s".formatted(member.describe(), peer, stalled.what()));
    }
  }

  /** All waits are over. */
  void stepCommitted() {
    told.clear();
    waiting.clear();
    awaited.clear();
  }

  /** Participants that others wait for and that wait for nobody themselves. */
  List<Member> blockers(MembershipEpoch epoch) {
    if (generation != epoch.generation()) {
      return List.of();
    }
    List<Member> blockers = new ArrayList<>(awaited);
    blockers.removeAll(waiting);
    return blockers;
  }
}
