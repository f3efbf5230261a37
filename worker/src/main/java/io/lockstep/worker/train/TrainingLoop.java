package io.lockstep.worker.train;

import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.Generation.Reduction;
import io.lockstep.worker.zero.GradientBuffers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does from joining a run to its end: it follows the coordinator's directives, and
 * computes the steps it is given leases for.
 *
 * <p>A step is reduced first, then committed by the coordinator, and only then applied: a worker
 * that dies before the commit costs that one step, and nobody ever applies a step that others have
 * not reduced. When the world changes, what is under way of the old one ends at once, and the
 * {@link Replica} is brought to where the new one starts.
 */
public final class TrainingLoop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingLoop.class);

  private final Session session;
  private final RunConfig config;
  private final RunData data;
  private final long totalSteps;
  private final CollectiveConnector connector;
  private final Replica replica;
  private final GradientBuffers buffers;
  private final BackgroundCheckpoints checkpoints;
  private final Deque<Directive> deferred = new ArrayDeque<>();
  private @Nullable Generation generation;
  private @Nullable RunMetrics metrics;
  private List<Probe> probes = List.of();
  private long entered;

  /** The newest world that was announced; older ones are over. */
  private volatile long newest;

  /** A loop over the run's data that has not been told anything yet; loads the model. */
  public TrainingLoop(
      Session session,
      RunConfig config,
      ModelSource source,
      RunData data,
      CollectiveConnector connector)
      throws IOException {
    this.session = session;
    this.config = config;
    this.data = data;
    this.totalSteps = config.training().totalSteps(data.size());
    this.connector = connector;
    replica = new Replica(config, source, totalSteps);
    buffers = new GradientBuffers(replica.model().tuned().trained().layout().size());
    checkpoints = new BackgroundCheckpoints(session, config, this::isOver);
    session.describeHoldings(replica::holdings);
    session.onInterruption(this::interrupt);
    session.loaded();
  }

  /** Ends what is under way of an older world; on the session's thread. */
  private void interrupt(Directive directive) {
    switch (directive) {
      case Directive.World world -> {
        newest = world.generation();
        connector.endBefore(
            Rounds.handover(world.generation()), "generation " + world.generation() + " begins");
      }
      case Directive.Stop stop -> {
        newest = Long.MAX_VALUE;
        connector.endBefore(Long.MAX_VALUE, stop.reason());
      }
      case Directive.Lease _, Directive.Commit _, Directive.SaveCheckpoint _ -> {}
    }
  }

  /** Follows directives until the run stops; returns why it did. */
  public Directive.Stop run() throws IOException, SampleException, InterruptedException {
    while (true) {
      switch (nextDirective()) {
        case Directive.World world -> enter(world);
        case Directive.Lease lease -> train(lease);
        case Directive.SaveCheckpoint save -> save(save);
        case Directive.Stop stop -> {
          checkpoints.requireSound();
          return stop;
        }
        case Directive.Commit commit ->
            throw new IllegalStateException(
                "the coordinator committed step "
                    + commit.step()
                    + ", which this worker has not reduced");
      }
    }
  }

  private Directive nextDirective() throws InterruptedException {
    Directive next = deferred.poll();
    return next != null ? next : session.next();
  }

  private boolean isOver(long number) {
    return number < newest;
  }

  // ---- worlds

  private void enter(Directive.World world) throws IOException, SampleException {
    entered = world.generation();
    replica.settle(world);
    closeGeneration();
    if (!world.goesOn()) {
      checkpoints.close();
    }
    if (isOver(world.generation())) {
      return;
    }
    try {
      if (world.departs()) {
        handOver(world);
      } else {
        begin(world);
      }
      session.ready(world.generation());
    } catch (CollectiveException lost) {
      broken(world.generation(), lost);
    }
  }

  /** Gives what this worker holds to those that stay. */
  private void handOver(Directive.World world) throws IOException {
    session.activity(world.generation(), "handing over what it holds");
    LOG.info("generation {}: handing over to {}", world.generation(), world.members());
    try (Collective everybody = connectAll(world)) {
      replica.adopt(world, everybody);
    }
  }

  private void begin(Directive.World world) throws IOException, SampleException {
    session.activity(
        world.generation(), "connecting to " + (world.members().size() - 1) + " peers");
    LOG.info(
        "generation {}: rank {} of {}, next step {}",
        world.generation(),
        world.rank(),
        world.members().size(),
        world.nextStep());
    if (!world.departing().isEmpty()) {
      try (Collective everybody = connectAll(world)) {
        replica.adopt(world, everybody);
      }
    }
    Collective members =
        connector.connect(Rounds.training(world.generation()), world.rank(), world.members());
    try {
      if (world.departing().isEmpty()) {
        session.activity(world.generation(), "getting its part of the state");
        replica.adopt(world, members);
      }
      generation = generation(world, members);
    } catch (IOException | RuntimeException | Error failure) {
      members.close();
      throw failure;
    }
    if (world.rank() == 0) {
      if (world.nextStep() == 0) {
        checkHealth();
      }
      probes = data.probes(replica.model());
      metrics = RunMetrics.open(runDir(), config, data, world);
    }
  }

  /** Refuses to learn from samples that are not as the model needs them. */
  private void checkHealth() throws SampleException {
    LoadedModel model = replica.model();
    List<String> problems =
        data.healthProblems(
            model.encoder(),
            new HealthCheck(HealthCheck.Format.of(model.config(), model.tokenizer())),
            true);
    if (!problems.isEmpty()) {
      throw new SampleException(
          "%d problems in the first samples that were looked at: %s"
              .formatted(problems.size(), String.join("; ", problems)));
    }
  }

  private Collective connectAll(Directive.World world) {
    return connector.connect(
        Rounds.handover(world.generation()), world.rank(), world.participants());
  }

  private Generation generation(Directive.World world, Collective members) {
    return new Generation(
        world,
        config,
        replica.shard().shard(),
        replica.buckets(),
        replica.model().tuned().trained(),
        buffers,
        new GradientStep(
            replica.model().config(),
            replica.model().tuned(),
            config.seed(),
            config.training().gradientCheckpointing()),
        data.microBatches(replica.model()),
        totalSteps,
        members);
  }

  /** The coordinator decides what becomes of a world whose connections broke. */
  private void broken(long number, CollectiveException lost) throws IOException {
    closeGeneration();
    if (isOver(number)) {
      LOG.info("generation {} is over: {}", number, lost.getMessage());
      return;
    }
    LOG.warn("generation {} is broken: {}", number, lost.getMessage());
    session.activity(number, "waiting for a new world: " + lost.getMessage());
    session.broken(number, lost.peer(), String.valueOf(lost.getMessage()));
  }

  private Path runDir() {
    return config
        .outputDir()
        .orElseThrow(() ->
            new IllegalStateException(
                "the coordinator sent a configuration without run.output_dir"));
  }

  // ---- steps

  private void train(Directive.Lease lease)
      throws IOException, SampleException, InterruptedException {
    Generation current = generation;
    if (current == null || current.number() != lease.generation()) {
      if (lease.generation() > entered) {
        throw new IllegalStateException("the coordinator leased steps before it named a world");
      }
      LOG.debug("lease of generation {} is void", lease.generation());
      return;
    }
    replica.worldHasBegun();
    for (long step = lease.firstStep(); step < lease.firstStep() + lease.steps(); step++) {
      boolean isLast = step == lease.firstStep() + lease.steps() - 1;
      if (isOver(current.number()) || !step(current, step, isLast)) {
        return;
      }
    }
  }

  /**
   * One step; false if the world ended before it was done.
   *
   * @param isLast whether it is the last of its lease: the state may be saved after it
   */
  private boolean step(Generation current, long step, boolean isLast)
      throws IOException, SampleException, InterruptedException {
    Stopwatch watch = new Stopwatch();
    try (Scope scope = Scope.open()) {
      session.activity(current.number(), "computing step " + step);
      Reduction reduction = current.reduce(step, () -> isOver(current.number()));
      replica.reduced(reduction.gradient());
      session.reduced(current.number(), step, reduction.contributions(), reduction.figures());
      session.activity(current.number(), "waiting for the commit of step " + step);
      Directive.Commit commit = awaitCommit(step);
      if (commit == null) {
        return false;
      }
      session.activity(current.number(), "applying step " + step);
      replica.apply(commit);
      current.gather(step, isLast);
      session.applied(current.number(), step);
      session.times(reduction.times());
      if (metrics != null) {
        RunMetrics.Volume volume =
            new RunMetrics.Volume(
                current.sentBytes(), replica.shard().bytes(), current.size(), current.passes());
        metrics.committed(commit, reduction.times(), volume, watch.lap());
      }
    } catch (CollectiveException lost) {
      broken(current.number(), lost);
      return false;
    }
    return true;
  }

  /**
   * The commit of the step; nothing if another directive has ended this generation, which is then
   * the next to follow.
   */
  private Directive.@Nullable Commit awaitCommit(long step) throws InterruptedException {
    while (true) {
      switch (session.next()) {
        case Directive.Commit commit when commit.step() == step -> {
          return commit;
        }
        case Directive.Commit commit ->
            throw new IllegalStateException(
                "awaited the commit of step " + step + ", got that of step " + commit.step());
        case Directive.Lease lease -> deferred.addLast(lease);
        case Directive ending -> {
          deferred.clear();
          deferred.addFirst(ending);
          return null;
        }
      }
    }
  }

  // ---- checkpoints

  private void save(Directive.SaveCheckpoint save) throws InterruptedException {
    session.activity(save.generation(), "copying the state of step " + save.steps());
    checkpoints.save(save, replica, probes);
  }

  private void closeGeneration() throws IOException {
    Generation current = generation;
    generation = null;
    if (current != null) {
      current.close();
    }
    RunMetrics log = metrics;
    metrics = null;
    if (log != null) {
      log.close();
    }
  }

  @Override
  public void close() throws IOException {
    closeGeneration();
    checkpoints.close();
    buffers.close();
    replica.close();
  }
}
