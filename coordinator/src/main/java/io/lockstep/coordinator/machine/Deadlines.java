package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.machine.EventException.RunFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the run waits for, since when and for how long at most. Every state that waits has a name
 * for what is awaited and a timeout. When it passes, the workers that are awaited are evicted; the
 * run fails only if other workers couldn't bring it on.
 */
final class Deadlines {
  private static final long MINUTE = 60_000;

  /** Workers may be started by hand, a day after the coordinator. */
  static final long WORKERS_MILLIS = 24 * 60 * MINUTE;

  /** Loading the largest model from a slow disk. */
  static final long LOAD_MILLIS = 60 * MINUTE;

  /** Moving or loading the state, once connections are there. */
  static final long STATE_MILLIS = 30 * MINUTE;

  /** A step, unless {@link #STEP_FACTOR} times the longest so far is more. */
  static final long STEP_MILLIS = 30 * MINUTE;

  /** Writing or verifying a checkpoint, looking for one. */
  static final long DISK_MILLIS = 60 * MINUTE;

  /** How many times the longest step so far a step may take. */
  private static final long STEP_FACTOR = 20;

  /** How long a member may take to notice that its epoch is over. */
  private static final long NOTICE_MILLIS = MINUTE;

  private final RunState state;
  private final CheckpointCoordinator checkpoints;
  private final EvaluationCoordinator evaluations;
  private final MembershipCoordinator memberships;
  private final Rendezvous rendezvous;
  private final Stalls stalls;
  private final ReadmissionBackoff backoff;
  private Map<Wait, Long> since = new HashMap<>();
  private long lastCommit = -1;
  private long longestStep;
  private long reconnectedAtStep = -1;

  Deadlines(
      RunState state,
      CheckpointCoordinator checkpoints,
      EvaluationCoordinator evaluations,
      MembershipCoordinator memberships,
      Rendezvous rendezvous,
      Stalls stalls,
      ReadmissionBackoff backoff) {
    this.state = state;
    this.checkpoints = checkpoints;
    this.evaluations = evaluations;
    this.memberships = memberships;
    this.rendezvous = rendezvous;
    this.stalls = stalls;
    this.backoff = backoff;
  }

  /** What is waited for; the time of equal waits goes on. */
  private sealed interface Wait {
    /** For enough workers. */
    record Workers(long generation) implements Wait {}

    /** For a checkpoint to go back to. */
    record Choice() implements Wait {}

    /** For the members of an epoch to be ready. */
    record State(long generation) implements Wait {}

    /** For a step to be reduced, or applied, by everybody. */
    record Step(long generation, long step) implements Wait {}

    /** For the shares of an evaluation. */
    record Evaluation(long generation, long steps) implements Wait {}

    /** For a checkpoint's folder. */
    record Folder(CheckpointAttempt attempt) implements Wait {}

    /** For the parts of a checkpoint. */
    record Parts(CheckpointAttempt attempt) implements Wait {}

    /** For a checkpoint to be verified. */
    record Verification(CheckpointAttempt attempt) implements Wait {}
  }

  /** A step is committed. */
  void stepCommitted() {
    if (lastCommit >= 0) {
      longestStep = Math.max(longestStep, state.now - lastCommit);
    }
    lastCommit = state.now;
    reconnectedAtStep = -1;
  }

  /** Notes what is waited for, after each event. */
  void observe() {
    Map<Wait, Long> next = new HashMap<>();
    for (Wait wait : waits()) {
      next.put(wait, since.getOrDefault(wait, state.now));
    }
    since = next;
  }

  private List<Wait> waits() {
    List<Wait> waits = new ArrayList<>();
    if (state.phase.ended()) {
      return waits;
    }
    MembershipEpoch epoch = state.epoch;
    if (epoch == null) {
      waits.add(
          rendezvous.isChoosing()
              ? new Wait.Choice()
              : new Wait.Workers(state.history.generation()));
    } else if (!epoch.hasBegun()) {
      waits.add(new Wait.State(epoch.generation()));
    } else if (!state.standsStill()) {
      waits.add(new Wait.Step(epoch.generation(), state.committed()));
    }
    evaluations
        .present()
        .ifPresent(each -> waits.add(new Wait.Evaluation(each.generation(), each.steps())));
    checkpoints
        .attempt()
        .ifPresent(attempt ->
            waits.add(
                checkpoints.isPreparing()
                    ? new Wait.Folder(attempt)
                    : checkpoints.missing().isEmpty()
                        ? new Wait.Verification(attempt)
                        : new Wait.Parts(attempt)));
    return waits;
  }

  /** What is waited for, the run's phase first; empty once the run has ended. */
  List<Awaited> awaited() {
    return waits().stream()
        .map(wait -> describe(wait, since.getOrDefault(wait, state.now)))
        .toList();
  }

  private Awaited describe(Wait wait, long from) {
    MembershipEpoch epoch = state.epoch;
    return switch (wait) {
      case Wait.Workers _ -> new Awaited(state.detail(), from, WORKERS_MILLIS);
      case Wait.Choice _ -> new Awaited("the disk, for a checkpoint", from, DISK_MILLIS);
      case Wait.State _ ->
          new Awaited(
              (epoch == null ? "nobody" : epoch.notReady()) + " to connect and load",
              from,
              STATE_MILLIS);
      case Wait.Step step ->
          new Awaited(
              "step %d from %s"
                  .formatted(
                      step.step(), epoch == null ? "nobody" : MembershipEpoch.names(late(epoch))),
              from,
              stepLimit());
      case Wait.Evaluation evaluation ->
          new Awaited(
              "the evaluation after step %d from %s"
                  .formatted(evaluation.steps(), MembershipEpoch.names(evaluating(epoch))),
              from,
              evaluationLimit());
      case Wait.Folder attempt ->
          new Awaited(
              "the disk, for a folder of the checkpoint at step " + attempt.attempt().steps(),
              from,
              DISK_MILLIS);
      case Wait.Parts attempt ->
          new Awaited(
              "parts of the checkpoint at step %d from %s"
                  .formatted(
                      attempt.attempt().steps(),
                      MembershipEpoch.names(
                          checkpoints.missing().stream().map(Member.WorkerId::name).toList())),
              from,
              DISK_MILLIS);
      case Wait.Verification attempt ->
          new Awaited(
              "the disk, for the checkpoint at step " + attempt.attempt().steps(),
              from,
              DISK_MILLIS);
    };
  }

  private long stepLimit() {
    return Math.max(STEP_MILLIS, STEP_FACTOR * longestStep);
  }

  /** A record takes less time than a step, and one worker may compute all of them. */
  private long evaluationLimit() {
    long records = state.plan.evaluations().records();
    return Math.max(STEP_MILLIS, (STEP_FACTOR + records) * longestStep);
  }

  private List<String> evaluating(@Nullable MembershipEpoch epoch) {
    return epoch == null
        ? List.of()
        : evaluations.late(epoch).stream().map(Member::describe).toList();
  }

  private static List<String> late(MembershipEpoch epoch) {
    return epoch.late().stream().map(Member::describe).toList();
  }

  /** Evicts the workers that are overdue. */
  void tick() {
    evictLoading();
    MembershipEpoch forming = state.epoch;
    if (forming != null && !forming.hasBegun()) {
      evictStraggler(forming);
    }
    for (Map.Entry<Wait, Long> entry : Map.copyOf(since).entrySet()) {
      Awaited awaited = describe(entry.getKey(), entry.getValue());
      if (awaited.isOverdue(state.now) && !state.phase.ended()) {
        overdue(entry.getKey(), awaited);
      }
    }
  }

  private void evictLoading() {
    for (Member member : List.copyOf(state.members.all())) {
      if (member.loading && state.now - member.joinedAt > LOAD_MILLIS) {
        evict(member, "it has loaded the model for %d s".formatted(LOAD_MILLIS / 1000));
      }
    }
  }

  private void evictStraggler(MembershipEpoch forming) {
    long timeout = state.plan.membership().heartbeatTimeout().toMillis();
    Stragglers.find(
            forming,
            state.now,
            Math.max(Stragglers.ENTER_MILLIS, timeout / 2),
            Math.max(NOTICE_MILLIS, STEP_FACTOR * longestStep))
        .ifPresent(straggler -> evict(straggler.member(), straggler.how()));
  }

  /** Evicts a worker, which may join again after its backoff. */
  private void evict(Member member, String how) {
    long millis = backoff.failed(member, state.now);
    memberships.lose(
        member,
        how + "; it isn't taken back for %d s".formatted(Math.ceilDiv(millis, 1000)),
        Optional.of(ToWorker.Stop.until(how, millis)));
  }

  private void overdue(Wait wait, Awaited awaited) {
    MembershipEpoch epoch = state.epoch;
    String what = "waited in vain for " + awaited.describe(state.now);
    switch (wait) {
      case Wait.Workers _ ->
          throw new RunFailure("%s; %s".formatted(what, Termination.advice(state.history)));
      case Wait.Choice _, Wait.Folder _, Wait.Verification _ ->
          throw new RunFailure(what + ": look whether the disk of the run folder still answers");
      case Wait.State _ -> {
        if (epoch != null) {
          epoch.unready().forEach(member -> evict(member, what));
        }
      }
      case Wait.Step step -> {
        if (epoch != null) {
          late(epoch, step, what);
        }
      }
      case Wait.Evaluation _ -> {
        if (epoch != null) {
          evaluations.late(epoch).forEach(member -> evict(member, what));
        }
      }
      case Wait.Parts _ ->
          List.copyOf(state.members.all()).stream()
              .filter(member -> checkpoints.missing().contains(member.id))
              .forEach(member -> evict(member, what));
    }
  }

  /**
   * Evicts those that the others wait for; if all wait, the members connect again, and if that
   * doesn't help either, newcomers are evicted.
   */
  private void late(MembershipEpoch epoch, Wait.Step step, String what) {
    List<Member> blockers = epoch.late();
    if (blockers.size() == epoch.size()) {
      blockers = stalls.blockers(epoch);
    }
    if (!blockers.isEmpty()) {
      blockers.forEach(member -> evict(member, what));
    } else if (reconnectedAtStep == step.step()) {
      List<Member> newcomers = epoch.members().stream().filter(each -> !each.proven).toList();
      if (newcomers.isEmpty()) {
        throw new RunFailure(what + ", twice: see the logs of the workers");
      }
      newcomers.forEach(member -> evict(member, what));
    } else {
      reconnectedAtStep = step.step();
      epoch.end(what, false);
    }
  }

  /** What is late, if anything is, for the status; one line. */
  Optional<String> note() {
    return state.phase == Phase.TRAINING || state.phase == Phase.SAVING
        ? awaited().stream()
            .filter(each -> state.now - each.since() > NOTICE_MILLIS)
            .findFirst()
            .map(each -> "waits for " + each.describe(state.now))
        : Optional.empty();
  }
}
