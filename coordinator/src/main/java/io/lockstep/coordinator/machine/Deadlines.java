package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the run waits for, since when and for how long at most: no state lasts without a name for
 * what is awaited and a limit. A limit that is passed costs whoever is awaited its place; the run
 * itself ends only where nobody else could bring it on.
 */
final class Deadlines {
  private static final long MINUTE = 60_000;

  /** Workers may be started by hand, a day after the coordinator. */
  static final long WORKERS_MILLIS = 24 * 60 * MINUTE;

  /** Loading the largest model from a slow disk. */
  static final long LOAD_MILLIS = 60 * MINUTE;

  /** Moving or loading the state, once connections are there. */
  static final long STATE_MILLIS = 30 * MINUTE;

  /** A step, while no longer one was seen. */
  static final long STEP_MILLIS = 30 * MINUTE;

  /** Writing or verifying a checkpoint, looking for one. */
  static final long DISK_MILLIS = 60 * MINUTE;

  /** How many times as long as the longest step so far one may take. */
  private static final long STEP_FACTOR = 20;

  /** What a member needs to notice that the world it computes for is over. */
  private static final long NOTICE_MILLIS = MINUTE;

  private final RunState state;
  private final Saves saves;
  private final Worlds worlds;
  private final Stalls stalls;
  private final Probation probation;
  private Map<Wait, Long> since = new HashMap<>();
  private long lastCommit = -1;
  private long longestStep;
  private long tornAtStep = -1;

  Deadlines(RunState state, Saves saves, Worlds worlds, Stalls stalls, Probation probation) {
    this.state = state;
    this.saves = saves;
    this.worlds = worlds;
    this.stalls = stalls;
    this.probation = probation;
  }

  /** The states that wait. Equal waits are one: their time goes on. */
  private sealed interface Wait {
    /** For enough workers. */
    record Workers(long generation) implements Wait {}

    /** For a checkpoint to go back to. */
    record Choice() implements Wait {}

    /** For the members of a world to be ready. */
    record State(long generation) implements Wait {}

    /** For a step to be reduced, or applied, by everybody. */
    record Step(long generation, long step) implements Wait {}

    /** For a checkpoint's folder. */
    record Folder(SaveAttempt attempt) implements Wait {}

    /** For the parts of a checkpoint. */
    record Parts(SaveAttempt attempt) implements Wait {}

    /** For a checkpoint to be verified. */
    record Verification(SaveAttempt attempt) implements Wait {}
  }

  /** A step is committed. */
  void stepCommitted() {
    if (lastCommit >= 0) {
      longestStep = Math.max(longestStep, state.now - lastCommit);
    }
    lastCommit = state.now;
    tornAtStep = -1;
  }

  /** Notes what is waited for from now on. */
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
    World world = state.world;
    if (world == null) {
      waits.add(
          worlds.isChoosing() ? new Wait.Choice() : new Wait.Workers(state.history.generation()));
    } else if (!world.hasBegun()) {
      waits.add(new Wait.State(world.number()));
    } else if (!state.standsStill()) {
      waits.add(new Wait.Step(world.number(), state.committed()));
    }
    saves
        .attempt()
        .ifPresent(attempt ->
            waits.add(
                saves.isPreparing()
                    ? new Wait.Folder(attempt)
                    : saves.missing().isEmpty()
                        ? new Wait.Verification(attempt)
                        : new Wait.Parts(attempt)));
    return waits;
  }

  /** What is waited for, the run's own state first; empty only of a run that has ended. */
  List<Awaited> awaited() {
    return waits().stream()
        .map(wait -> describe(wait, since.getOrDefault(wait, state.now)))
        .toList();
  }

  private Awaited describe(Wait wait, long from) {
    World world = state.world;
    return switch (wait) {
      case Wait.Workers _ -> new Awaited(state.detail(), from, WORKERS_MILLIS);
      case Wait.Choice _ -> new Awaited("the disk, for a checkpoint", from, DISK_MILLIS);
      case Wait.State _ ->
          new Awaited(
              (world == null ? "nobody" : world.notReady()) + " to connect and load",
              from,
              STATE_MILLIS);
      case Wait.Step step ->
          new Awaited(
              "step %d from %s"
                  .formatted(step.step(), world == null ? "nobody" : World.names(late(world))),
              from,
              stepLimit());
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
                      World.names(saves.missing().stream().map(Member.WorkerId::name).toList())),
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

  private static List<String> late(World world) {
    return world.late().stream().map(Member::describe).toList();
  }

  /** Looks at the clock: whoever is overdue loses its place. */
  void tick() {
    loading();
    World forming = state.world;
    if (forming != null && !forming.hasBegun()) {
      holdup(forming);
    }
    for (Map.Entry<Wait, Long> entry : Map.copyOf(since).entrySet()) {
      Awaited awaited = describe(entry.getKey(), entry.getValue());
      if (awaited.isOverdue(state.now) && !state.phase.ended()) {
        overdue(entry.getKey(), awaited);
      }
    }
  }

  private void loading() {
    for (Member member : List.copyOf(state.roster.all())) {
      if (member.loading && state.now - member.joinedAt > LOAD_MILLIS) {
        dismiss(member, "it has loaded the model for %d s".formatted(LOAD_MILLIS / 1000));
      }
    }
  }

  private void holdup(World forming) {
    long timeout = state.plan.membership().heartbeatTimeout().toMillis();
    Holdups.find(
            forming,
            forming.formedAt(),
            state.now,
            Math.max(Holdups.ENTER_MILLIS, timeout / 2),
            Math.max(NOTICE_MILLIS, STEP_FACTOR * longestStep))
        .ifPresent(holdup -> dismiss(holdup.member(), holdup.how()));
  }

  /** Takes a worker's place; it may come back after a while. */
  private void dismiss(Member member, String how) {
    long millis = probation.failed(member, state.now);
    worlds.lose(
        member,
        how + "; it isn't taken back for %d s".formatted(Math.ceilDiv(millis, 1000)),
        Optional.of(ToWorker.Stop.until(how, millis)));
  }

  private void overdue(Wait wait, Awaited awaited) {
    World world = state.world;
    String what = "waited in vain for " + awaited.describe(state.now);
    switch (wait) {
      case Wait.Workers _ ->
          throw new RunFailure(
              "%s; %s"
                  .formatted(
                      what,
                      EndReasons.advice(state.history.newestCheckpoint().map(each -> each.dir()))));
      case Wait.Choice _, Wait.Folder _, Wait.Verification _ ->
          throw new RunFailure(what + ": look whether the disk of the run folder still answers");
      case Wait.State _ -> {
        if (world != null) {
          world.unready().forEach(member -> dismiss(member, what));
        }
      }
      case Wait.Step step -> {
        if (world != null) {
          late(world, step, what);
        }
      }
      case Wait.Parts _ ->
          List.copyOf(state.roster.all()).stream()
              .filter(member -> saves.missing().contains(member.id))
              .forEach(member -> dismiss(member, what));
    }
  }

  /** Those that the others wait for have to go; if nobody knows who that is, all connect anew. */
  private void late(World world, Wait.Step step, String what) {
    List<Member> culprits = world.late();
    if (culprits.size() == world.size()) {
      culprits = stalls.culprits(world);
    }
    if (!culprits.isEmpty()) {
      culprits.forEach(member -> dismiss(member, what));
    } else if (tornAtStep == step.step()) {
      List<Member> unproven = world.members().stream().filter(each -> !each.proven).toList();
      if (unproven.isEmpty()) {
        throw new RunFailure(what + ", twice: see the logs of the workers");
      }
      unproven.forEach(member -> dismiss(member, what));
    } else {
      tornAtStep = step.step();
      world.breakUp(what, false);
    }
  }

  /** For people: that something is late, if it is. */
  Optional<String> note() {
    return state.phase == Phase.TRAINING || state.phase == Phase.SAVING
        ? awaited().stream()
            .filter(each -> state.now - each.since() > NOTICE_MILLIS)
            .findFirst()
            .map(each -> "waits for " + each.describe(state.now))
        : Optional.empty();
  }
}
