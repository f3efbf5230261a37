package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.machine.EventException.ProtocolViolation;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the parts of the machine share: the durable facts, the workers that have joined, the present
 * epoch, and the actions decided so far.
 */
final class RunState {
  final RunPlan plan;
  final RunHistory history;
  final Members members = new Members();
  final NoticeLimit noticeLimit = new NoticeLimit();

  /** How often each kind of thing has happened, whether or not it was said. */
  final Map<NoticeKind, Long> notices = new EnumMap<>(NoticeKind.class);

  final List<Action> actions = new ArrayList<>();

  Phase phase = Phase.WAITING;
  @Nullable MembershipEpoch epoch;

  /** Milliseconds of a clock that never runs backwards, when the present event came. */
  long now;

  /** Whether the present event committed a step: no member computes the next one yet. */
  boolean justCommitted;

  private String detail = "";

  RunState(RunPlan plan, RunHistory history) {
    this.plan = plan;
    this.history = history;
  }

  long committed() {
    return history.committed();
  }

  /** Steps after which the run ends: all, or fewer once it is drained or evaluations end it. */
  long endAt() {
    long total = plan.totalSteps();
    return Math.min(total, Math.min(history.drainedAt().orElse(total), stopsAt().orElse(total)));
  }

  /** Steps after which evaluations end the run early, if they do. */
  OptionalLong stopsAt() {
    return plan.evaluations().stopsAt(history.evaluations());
  }

  /**
   * What a worker that joins has to compute with: as the run does, else as the first that joined.
   */
  Numerics numerics(Numerics newcomer) {
    Numerics kept = history.numerics();
    return kept.completedBy(
        members.all().stream().findFirst().map(first -> first.numerics).orElse(newcomer));
  }

  /** Whether all members have applied every committed step and nothing is leased. */
  boolean standsStill() {
    MembershipEpoch present = epoch;
    return present != null && present.standsAt(committed());
  }

  /** Whether so many want to leave that too few stay for the next epoch. */
  boolean losesTooMany() {
    return !members.leaving().isEmpty() && members.available() < plan.membership().minWorkers();
  }

  /** What the run waits for, or why it ended; one line. */
  String detail() {
    MembershipEpoch present = epoch;
    if (phase == Phase.FORMING && present != null) {
      return "waiting for " + present.notReady() + " to connect and load";
    }
    return detail;
  }

  void setDetail(String text) {
    detail = text;
  }

  /** Moves the run to another phase, for a reason of one line. */
  void enter(Transition transition, String why) {
    phase = transition.apply(phase, describe());
    detail = why;
    actions.add(new Action.ChangePhase(phase, why));
  }

  /** Waits for workers or a checkpoint; the reason is a notice when the wait begins. */
  void await(String why) {
    if (phase != Phase.WAITING) {
      enter(Transition.QUORUM_LOST, why);
      notice(NoticeKind.WAITING, why);
    }
    detail = why;
  }

  void send(Member member, ToWorker message) {
    member.lastSent = now;
    actions.add(new Action.Send(member.session, message));
  }

  void journal(JournalEntry entry) {
    history.add(entry);
    actions.add(new Action.Journal(entry));
  }

  void notice(NoticeKind kind, String text) {
    count(kind);
    say(text);
  }

  /** A notice of what was counted before. */
  void say(String text) {
    actions.add(new Action.Notice(text));
  }

  /** Counts what may be told in another notice, or in none. */
  void count(NoticeKind kind) {
    notices.merge(kind, 1L, Long::sum);
  }

  /** A notice about a worker, limited if it is a newcomer. */
  void notice(Member member, NoticeLimit.Kind news, String text) {
    if (member.proven) {
      notice(news.counted(), text);
    } else {
      notice(news, text);
    }
  }

  /** A notice about a newcomer, unless too many of its kind were said. */
  void notice(NoticeLimit.Kind news, String text) {
    count(news.counted());
    if (noticeLimit.isSaid(news, now)) {
      say(text);
    }
  }

  /**
   * Whether a worker's message belongs to the present epoch; one of an older epoch is void.
   *
   * @throws ProtocolViolation for a generation that doesn't exist yet
   */
  boolean isCurrent(Member member, String what, long generation) {
    if (generation > history.generation()) {
      throw new ProtocolViolation(
          "%s sent %s of generation %d, the run is at %d"
              .formatted(member.describe(), what, generation, history.generation()));
    }
    MembershipEpoch present = epoch;
    return present != null
        && present.generation() == generation
        && member.role != Member.Role.SPARE;
  }

  void require(boolean holds, Member member, String what) {
    if (!holds) {
      throw new ProtocolViolation(
          "%s sent %s out of turn; it last did: %s; the run was %s"
              .formatted(member.describe(), what, member.activity, describe()));
    }
  }

  /** The state for messages, one line. */
  String describe() {
    MembershipEpoch present = epoch;
    return "%s (generation %d, %d steps committed, leased up to %d, ends at %d)"
        .formatted(
            phase,
            history.generation(),
            committed(),
            present == null ? committed() : present.leasedUntil(),
            endAt());
  }
}
