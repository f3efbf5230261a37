package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.CheckpointSchedule;
import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.EarlyStopping;
import io.lockstep.coordinator.EvaluationMetric;
import io.lockstep.coordinator.EvaluationPlan;
import io.lockstep.coordinator.MembershipRules;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.StepInterval;
import io.lockstep.coordinator.machine.Event;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** A run whose size, rules and misfortunes all follow from a seed. */
final class Scenario {
  private static final long SMALL_HORIZON_MILLIS = 20_000;
  private static final long LARGE_HORIZON_MILLIS = 5_000;
  private static final long LONGEST_TROUBLE_MILLIS = 4_000;

  /** Far more than a run needs whose workers all come to train. */
  private static final long LONGEST_JOINING_MILLIS = 20 * 60_000;

  private final Simulation simulation;
  private final Agenda agenda;
  private final RunPlan plan;
  private final int faults;
  private final long horizonMillis;
  private boolean drained;

  private Scenario(long seed, RunPlan plan, int buckets, int faults, long horizonMillis) {
    this.simulation = new Simulation(seed, plan, buckets);
    this.agenda = simulation.agenda();
    this.plan = plan;
    this.faults = faults;
    this.horizonMillis = horizonMillis;
  }

  /** Few workers, many faults. */
  static Simulation small(long seed) {
    return smallScenario(seed).run();
  }

  /** The same, and the run is drained at any moment of it. */
  static Simulation drained(long seed) {
    Scenario scenario = smallScenario(seed);
    scenario.drained = true;
    scenario.agenda.later(
        scenario.agenda.between(0, SMALL_HORIZON_MILLIS), scenario.simulation.coordinator()::drain);
    return scenario.run();
  }

  private static Scenario smallScenario(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 7919 + 1);
    int virtualRanks = random.nextInt(1, 9);
    int workers = random.nextInt(1, virtualRanks + 1);
    int min = random.nextInt(1, workers + 1);
    int max = random.nextInt(workers, virtualRanks + 1);
    RunPlan plan =
        RunPlan.builder("simulated", "run: simulated", Path.of("run"))
            .workers(workers)
            .virtualRanks(virtualRanks)
            .totalSteps(random.nextLong(1, 60))
            .checkpoints(checkpoints(seed, random.nextLong(0, 12)))
            .evaluations(evaluations(seed))
            .leaseSteps(random.nextInt(1, 6))
            .membership(
                rules(min, max)
                    .grace(Duration.ofMillis(random.nextInt(3) == 0 ? random.nextInt(5000) : 0))
                    .reconnect(Duration.ofMillis(random.nextInt(10_000)))
                    .replicates(random.nextInt(4) != 0)
                    .build())
            .build();
    return new Scenario(
        seed, plan, random.nextInt(1, 20), random.nextInt(0, 12), SMALL_HORIZON_MILLIS);
  }

  /** Some are written when an evaluation is the best so far. */
  private static CheckpointSchedule checkpoints(long seed, long everySteps) {
    return evaluations(seed).isEvaluated() && seed % 5 == 0
        ? CheckpointSchedule.whenBetter(seed % 10, Retention.ALL)
        : CheckpointSchedule.every(everySteps);
  }

  /** Two runs of three are evaluated, half of them end early if that doesn't help. */
  private static EvaluationPlan evaluations(long seed) {
    SplittableRandom random = new SplittableRandom(seed * 104_729 + 11);
    int records = random.nextInt(0, 9);
    Optional<EarlyStopping> stopping =
        random.nextBoolean()
            ? Optional.of(new EarlyStopping(random.nextInt(1, 5), random.nextInt(2) * 0.05))
            : Optional.empty();
    EvaluationMetric metric =
        random.nextBoolean() ? EvaluationMetric.LOSS : EvaluationMetric.TOKEN_ACCURACY;
    return records < 3
        ? EvaluationPlan.NONE
        : new EvaluationPlan(
            records, new StepInterval(random.nextLong(0, 7), random.nextLong(5)), metric, stopping);
  }

  /**
   * A run that ends early when evaluations are no better, with workers and a coordinator that die.
   *
   * @param workers it begins with; 1 for a run that nothing happens to
   */
  static Simulation stoppingEarly(long seed, int workers) {
    RunPlan plan =
        RunPlan.builder("simulated", "run: simulated", Path.of("run"))
            .workers(workers)
            .virtualRanks(8)
            .totalSteps(60)
            .checkpoints(CheckpointSchedule.whenBetter(0, Retention.ALL))
            .evaluations(
                new EvaluationPlan(
                    7,
                    new StepInterval(3, 0),
                    EvaluationMetric.LOSS,
                    Optional.of(new EarlyStopping(4, 0))))
            .leaseSteps(4)
            .membership(rules(1, 8).build())
            .build();
    return new Scenario(seed, plan, 9, workers == 1 ? 0 : 8, SMALL_HORIZON_MILLIS).run();
  }

  /** Where a run ends that nothing happens to. */
  private long expectedEnd() {
    EvaluationPlan evaluations = plan.evaluations();
    List<CommittedEvaluation> made = new ArrayList<>();
    for (long steps = 1; steps <= plan.totalSteps(); steps++) {
      if (evaluations.isDue(steps, plan.totalSteps())) {
        made.add(evaluation(steps));
        if (evaluations.stopsAt(made).isPresent()) {
          return steps;
        }
      }
    }
    return plan.totalSteps();
  }

  private CommittedEvaluation evaluation(long steps) {
    int records = 0;
    long tokens = 0;
    long correct = 0;
    double loss = 0;
    for (Event.RecordResult result :
        simulation.model().evaluated(steps, 0, plan.evaluations().records())) {
      records += result.tokens() > 0 ? 1 : 0;
      tokens += result.tokens();
      correct += result.correctTokens();
      loss += result.lossSum();
    }
    return new CommittedEvaluation(0, steps, records, tokens, loss, correct);
  }

  /**
   * Few workers, some faults, and a network that loses, delays and repeats messages of joining and
   * breaks streams at any of them.
   */
  static Simulation troubledJoining(long seed) {
    return joining(seed, new Simulation.Trouble(40, 6, 12, 20, 20_000, false));
  }

  /**
   * Streams break while workers join, and workers say what holds of them once: a worker that has
   * loaded between its Hello and the answer is never waited for enough.
   */
  static Simulation sayingEverythingOnce(long seed) {
    return joining(seed, new Simulation.Trouble(0, 0, 4, 10, 2500, true));
  }

  /** Four workers, one that comes, one that leaves and one that dies, among three strangers. */
  static Simulation amongStrangers(long seed) {
    Scenario scenario = new Scenario(seed, gentlePlan(), 9, 0, LARGE_HORIZON_MILLIS);
    for (int stranger = 0; stranger < 3; stranger++) {
      scenario.agenda.later(
          scenario.agenda.between(0, 4000), new Stranger(scenario.simulation)::start);
    }
    return scenario.withComingAndGoing().run();
  }

  private static Simulation joining(long seed, Simulation.Trouble trouble) {
    SplittableRandom random = new SplittableRandom(seed * 6007 + 3);
    int workers = random.nextInt(1, 5);
    RunPlan plan =
        RunPlan.builder("simulated", "run: simulated", Path.of("run"))
            .workers(workers)
            .virtualRanks(4)
            .totalSteps(random.nextLong(1, 20))
            .checkpoints(CheckpointSchedule.every(random.nextLong(0, 6)))
            .leaseSteps(random.nextInt(1, 4))
            .membership(rules(random.nextInt(1, workers + 1), 4).build())
            .build();
    Scenario scenario =
        new Scenario(seed, plan, random.nextInt(1, 9), random.nextInt(0, 5), LARGE_HORIZON_MILLIS);
    scenario.simulation.trouble(trouble);
    scenario.run();
    long millis = scenario.agenda.now();
    if (millis > LONGEST_JOINING_MILLIS) {
      throw new AssertionError(
          "only a limit of last resort got the run going, it took " + millis + " ms");
    }
    return scenario.simulation;
  }

  /** Many workers, some faults. */
  static Simulation large(long seed, int workers) {
    RunPlan plan =
        RunPlan.builder("simulated", "run: simulated", Path.of("run"))
            .workers(workers)
            .virtualRanks(workers)
            .totalSteps(8)
            .checkpoints(CheckpointSchedule.every(3))
            .leaseSteps(4)
            .membership(rules(workers / 2, workers).build())
            .build();
    return new Scenario(seed, plan, 2 * workers, 8, LARGE_HORIZON_MILLIS).run();
  }

  /**
   * Four workers, one that comes, one that leaves and one that dies, each alone: the state is never
   * lost. The coordinator dies before one of its actions.
   *
   * @param crashAt number of that action
   */
  static Simulation withCoordinatorDyingAt(long crashAt) {
    Scenario scenario = new Scenario(1, gentlePlan(), 9, 0, LARGE_HORIZON_MILLIS);
    scenario.simulation.coordinator().crashAtAction(crashAt, 700);
    return scenario.withComingAndGoing().run();
  }

  /** The same with deaths only, one every three seconds. */
  static Simulation withOneDeathAtATime(long seed) {
    Scenario scenario = new Scenario(seed, gentlePlan(), 9, 0, LARGE_HORIZON_MILLIS);
    for (int death = 1; death <= 4; death++) {
      scenario.agenda.later(
          3000L * death + scenario.agenda.between(0, 500),
          () ->
              scenario
                  .simulation
                  .anyLiving()
                  .ifPresent(victim -> scenario.killAndRestart(victim, 100)));
    }
    return scenario.run();
  }

  private static MembershipRules.Builder rules(int minWorkers, int maxWorkers) {
    return MembershipRules.builder(minWorkers, maxWorkers)
        .reconnect(Duration.ofSeconds(5))
        .heartbeats(Duration.ofMillis(100), Duration.ofMillis(1000));
  }

  private static RunPlan gentlePlan() {
    return RunPlan.builder("simulated", "run: simulated", Path.of("run"))
        .workers(4)
        .virtualRanks(8)
        .totalSteps(30)
        .checkpoints(CheckpointSchedule.every(7))
        .leaseSteps(3)
        .membership(rules(2, 8).build())
        .build();
  }

  private Scenario withComingAndGoing() {
    agenda.later(2500, simulation::addWorker);
    agenda.later(3500, () -> simulation.workers().iterator().next().leave());
    agenda.later(5500, () -> killAndRestart(simulation.living().getLast(), 500));
    return this;
  }

  private Simulation run() {
    try {
      simulation.coordinator().start();
      for (int i = 0; i < plan.workers(); i++) {
        agenda.later(agenda.between(0, 1500), simulation::addWorker);
      }
      for (int i = 0; i < faults; i++) {
        agenda.later(agenda.between(500, horizonMillis), this::somethingHappens);
      }
      agenda.later(horizonMillis + LONGEST_TROUBLE_MILLIS, this::keepAlive);
      RunOutcome outcome = simulation.runToTheEnd();
      if (!outcome.finished()) {
        throw new AssertionError("the run failed: " + outcome.reason());
      }
      boolean whole = outcome.steps() == expectedEnd();
      if (!whole && !(drained && outcome.reason().startsWith("drained by somebody "))) {
        throw new AssertionError("the run ended before its end: " + outcome);
      }
      long saved = outcome.lastCheckpoint().map(CommittedCheckpoint::steps).orElse(0L);
      if (simulation.invariants().committed() != outcome.steps() || saved != outcome.steps()) {
        throw new AssertionError("what was computed last isn't saved: " + outcome);
      }
      for (CommittedEvaluation made : simulation.invariants().evaluations()) {
        if (!made.equals(evaluation(made.steps()))) {
          throw new AssertionError("not what one worker computes: " + made);
        }
      }
      return simulation;
    } catch (AssertionError | RuntimeException broken) {
      throw new AssertionError(plan + "\n" + simulation.describe(), broken);
    }
  }

  /** Nobody dies for good: from here on there are workers enough. */
  private void keepAlive() {
    for (SimulatedWorker worker : List.copyOf(simulation.workers())) {
      if (!worker.isAlive()
          && staying() < plan.workers()
          && simulation.coordinator().outcome().isEmpty()) {
        worker.start();
      }
    }
    if (simulation.coordinator().outcome().isEmpty()) {
      while (staying() < plan.workers()) {
        simulation.addWorker();
      }
      agenda.later(3000, this::keepAlive);
    }
  }

  private long staying() {
    return simulation.living().stream().filter(worker -> !worker.isLeaving()).count();
  }

  private void somethingHappens() {
    if (simulation.coordinator().outcome().isPresent()) {
      return;
    }
    long trouble = agenda.between(1, LONGEST_TROUBLE_MILLIS);
    switch ((int) agenda.between(0, 9)) {
      case 0, 1, 2 -> simulation.anyLiving().ifPresent(victim -> killAndRestart(victim, trouble));
      case 3 -> simulation.anyLiving().ifPresent(worker -> worker.freeze(trouble));
      case 4 -> simulation.anyLiving().ifPresent(SimulatedWorker::leave);
      case 5 -> simulation.addWorker();
      case 6 ->
          simulation
              .anyLiving()
              .ifPresent(one ->
                  simulation.anyLiving().ifPresent(other -> simulation.cut(one, other, trouble)));
      case 7 -> simulation.anyLiving().ifPresent(worker -> worker.session().cutOff(trouble));
      case 8 -> simulation.coordinator().crash(trouble);
      default -> {
        long next = simulation.coordinator().actions() + agenda.between(0, 60);
        simulation.coordinator().crashAtAction(next, trouble);
      }
    }
  }

  private void killAndRestart(SimulatedWorker victim, long after) {
    victim.kill();
    if (agenda.oneIn(2)) {
      agenda.later(
          after,
          () -> {
            if (!victim.isAlive() && simulation.coordinator().outcome().isEmpty()) {
              victim.start();
            }
          });
    }
  }
}
