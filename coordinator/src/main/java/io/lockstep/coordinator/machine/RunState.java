package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of the machine share: the durable facts, who is there, the present world, and the
 * actions decided so far.
 */
final class RunState {
  final RunPlan plan;
  final RunHistory history;
  final Roster roster = new Roster();
  final Newcomers newcomers = new Newcomers();
  final List<Action> actions = new ArrayList<>();

  Phase phase = Phase.WAITING;
  @Nullable World world;

  /** Milliseconds of a clock that never runs backwards, when the present event came. */
  long now;

  /** Whether a step was committed by the present event, so that nobody computes the next yet. */
  boolean justCommitted;

  private String detail = "";

  RunState(RunPlan plan, RunHistory history) {
    this.plan = plan;
    this.history = history;
  }

  long committed() {
    return history.committed();
  }

  /** Steps after which the run ends: all of them, or fewer once it is drained. */
  long endAt() {
    return Math.min(plan.totalSteps(), history.drainedAt().orElse(plan.totalSteps()));
  }

  /** What a newcomer has to compute with: as the run does, else as the first that is there. */
  Numerics numerics(Numerics newcomer) {
    Numerics kept = history.numerics();
    return kept.completedBy(
        roster.all().stream().findFirst().map(first -> first.numerics).orElse(newcomer));
  }

  SavePoints savePoints() {
    return new SavePoints(plan.saving(), endAt());
  }

  /** Whether everybody in the world has applied every committed step and nothing is leased. */
  boolean standsStill() {
    World present = world;
    return present != null && present.standsAt(committed());
  }

  /** Whether too few workers stay for the next world, because of those that leave. */
  boolean losesTooMany() {
    return !roster.leaving().isEmpty() && roster.available() < plan.membership().minWorkers();
  }

  /** One line for people: what the run waits for, or why it ended. */
  String detail() {
    World present = world;
    if (phase == Phase.FORMING && present != null) {
      return "waiting for " + present.notReady() + " to connect and load";
    }
    return detail;
  }

  void setDetail(String text) {
    detail = text;
  }

  void enter(Phase next, String why) {
    phase = next(phase, next, describe());
    detail = why;
    actions.add(new Action.ChangePhase(next, why));
  }

  /** Waits, and says why; loudly if it did not wait before. */
  void await(String why) {
    if (phase != Phase.WAITING) {
      enter(Phase.WAITING, why);
      notice(why);
    }
    detail = why;
  }

  /** The next phase, if the order allows it; {@code state} is quoted otherwise. */
  static Phase next(Phase from, Phase to, String state) {
    if (!from.successors().contains(to)) {
      throw new IllegalStateException(
          "%s can't follow %s, only %s; the run is %s"
              .formatted(to, from, from.successors(), state));
    }
    return to;
  }

  void send(Member member, ToWorker message) {
    member.lastSent = now;
    actions.add(new Action.Send(member.session, message));
  }

  void journal(JournalEntry entry) {
    history.add(entry);
    actions.add(new Action.Journal(entry));
  }

  void notice(String text) {
    actions.add(new Action.Notice(text));
  }

  /** Says something of a worker, unless too much is said of those like it. */
  void notice(Member member, Newcomers.News news, String text) {
    if (member.proven) {
      notice(text);
    } else {
      notice(news, text);
    }
  }

  /** Says something of somebody who has not computed yet, unless too much is. */
  void notice(Newcomers.News news, String text) {
    if (newcomers.isSaid(news, now)) {
      notice(text);
    }
  }

  /**
   * Whether a worker's message belongs to the present generation; an older one's is void.
   *
   * @throws ProtocolViolation for a generation that doesn't exist yet
   */
  boolean isCurrent(Member member, String what, long generation) {
    if (generation > history.generation()) {
      throw new ProtocolViolation(
          "%s sent %s of generation %d, the world is at %d"
              .formatted(member.describe(), what, generation, history.generation()));
    }
    World present = world;
    return present != null && present.number() == generation && member.place != Member.Place.WAITS;
  }

  void require(boolean holds, Member member, String what) {
    if (!holds) {
      throw new ProtocolViolation(
          "%s sent %s out of turn; it last did: %s; the run was %s"
              .formatted(member.describe(), what, member.activity, describe()));
    }
  }

  /** The state in one line, for messages. */
  String describe() {
    World present = world;
    return "%s (generation %d, %d steps committed, leased up to %d, ends at %d)"
        .formatted(
            phase,
            history.generation(),
            committed(),
            present == null ? committed() : present.leasedUntil(),
            endAt());
  }
}
