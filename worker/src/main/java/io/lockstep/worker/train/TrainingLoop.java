package io.lockstep.worker.train;

import io.lockstep.collective.CollectiveException;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.checkpoint.CheckpointParts;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.Generation.Reduction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
 * not reduced.
 */
public final class TrainingLoop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingLoop.class);

  /** How long the coordinator has to notice a lost peer by itself. */
  private static final Duration PEER_LOSS_GRACE = Duration.ofSeconds(20);

  private final Session session;
  private final RunConfig config;
  private final LoadedModel model;
  private final RunData data;
  private final long totalSteps;
  private final CollectiveConnector connector;
  private final Deque<Directive> deferred = new ArrayDeque<>();
  private volatile @Nullable Generation generation;
  private @Nullable MetricsLog metrics;
  private List<Probe> probes = List.of();
  private boolean untrained = true;

  /** A loop over the run's data that has not been told anything yet. */
  public TrainingLoop(
      Session session,
      RunConfig config,
      LoadedModel model,
      RunData data,
      CollectiveConnector connector) {
    this.session = session;
    this.config = config;
    this.model = model;
    this.data = data;
    this.totalSteps = config.training().totalSteps(data.size());
    this.connector = connector;
    session.onStop(this::abort);
  }

  /** Follows directives until the run stops; returns why it did. */
  public Directive.Stop run() throws IOException, SampleException, InterruptedException {
    while (true) {
      switch (nextDirective()) {
        case Directive.World world -> enter(world);
        case Directive.Lease lease -> train(lease);
        case Directive.SaveCheckpoint save -> save(save);
        case Directive.Stop stop -> {
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

  private void enter(Directive.World world) throws IOException, SampleException {
    requireStart(world);
    close();
    session.activity(
        world.generation(), "connecting to " + (world.members().size() - 1) + " peers");
    LOG.info(
        "generation {}: rank {} of {}", world.generation(), world.rank(), world.members().size());
    GradientStep gradientStep = new GradientStep(model.config(), model.tuned(), config.seed());
    generation =
        new Generation(
            world,
            config,
            model.tuned().trained(),
            gradientStep,
            data.microBatches(model),
            totalSteps,
            connector.connect(world));
    if (world.rank() == 0) {
      probes = data.probes(model);
      metrics = MetricsLog.open(runDir());
    }
    session.ready(world.generation());
  }

  /** A world of later steps would train on from weights and moments this worker does not hold. */
  private void requireStart(Directive.World world) {
    if (world.nextStep() != 0 || !world.checkpointDir().isEmpty() || !untrained) {
      String held =
          untrained ? "holds what step 0 starts from" : "has applied steps of another generation";
      throw new IllegalStateException(
          "generation %d is to go on from step %d, but this worker %s: start the run anew"
              .formatted(world.generation(), world.nextStep(), held));
    }
  }

  private Path runDir() {
    return config
        .outputDir()
        .orElseThrow(() ->
            new IllegalStateException(
                "the coordinator sent a configuration without run.output_dir"));
  }

  private Generation current() {
    Generation current = generation;
    if (current == null) {
      throw new IllegalStateException("the coordinator leased steps before it named a world");
    }
    return current;
  }

  private void train(Directive.Lease lease)
      throws IOException, SampleException, InterruptedException {
    for (long step = lease.firstStep(); step < lease.firstStep() + lease.steps(); step++) {
      if (!step(current(), step)) {
        return;
      }
    }
  }

  /** One step; false if the world ended before it was committed. */
  private boolean step(Generation current, long step)
      throws IOException, SampleException, InterruptedException {
    Stopwatch watch = new Stopwatch();
    try (Scope scope = Scope.open()) {
      session.activity(current.number(), "computing step " + step);
      Reduction reduction = current.reduce(step);
      session.reduced(current.number(), step, reduction.contributions(), reduction.figures());
      session.activity(current.number(), "waiting for the commit of step " + step);
      if (!(awaitCommit(step) instanceof Directive.Commit commit)) {
        return false;
      }
      session.activity(current.number(), "applying step " + step);
      untrained = false;
      current.apply(reduction, commit);
      session.applied(current.number(), step);
      session.times(reduction.times());
      log(commit, reduction.times(), watch.lap());
    } catch (CollectiveException lost) {
      LOG.warn("step {} was abandoned: {}", step, lost.getMessage());
      session.activity(current.number(), "step " + step + " abandoned: " + lost.getMessage());
      deferred.addFirst(verdictOn(lost));
      return false;
    }
    return true;
  }

  /**
   * What the coordinator says to a lost peer; if it has not noticed either, this worker tells it by
   * failing.
   */
  private Directive verdictOn(CollectiveException lost) throws InterruptedException {
    Directive verdict = session.poll(PEER_LOSS_GRACE);
    if (verdict == null) {
      throw lost;
    }
    return verdict;
  }

  /**
   * The commit of the step; nothing if another directive has ended this generation, which is then
   * the next to follow.
   */
  private @Nullable Directive awaitCommit(long step) throws InterruptedException {
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

  private void log(Directive.Commit commit, Session.StepTimes times, double seconds)
      throws IOException {
    MetricsLog log = metrics;
    long done = commit.step() + 1;
    if (log == null || (done % config.training().loggingSteps() != 0 && done != totalSteps)) {
      return;
    }
    int batch = config.training().globalBatchSize();
    double rate = config.optimizer().learningRate() * config.optimizer().share(done, totalSteps);
    double epoch = (double) done * batch / data.size();
    log.write(
        new MetricsLog.Row(
            done, epoch, commit, rate, batch, seconds, times, seconds * (totalSteps - done)));
  }

  private void save(Directive.SaveCheckpoint save) throws IOException {
    Generation current = current();
    session.activity(current.number(), "writing the checkpoint of step " + save.steps());
    CheckpointParts parts =
        new CheckpointParts(Path.of(save.dir()), current.rank(), current.size());
    session.checkpointPart(
        current.number(),
        save.steps(),
        parts.write(model, current.optimizer(), config, save.steps(), probes));
  }

  private void abort(Directive.Stop stop) {
    Generation current = generation;
    if (current != null) {
      current.abort(stop.reason());
    }
  }

  @Override
  public void close() throws IOException {
    Generation current = generation;
    generation = null;
    if (current != null) {
      current.close();
    }
    if (metrics != null) {
      metrics.close();
      metrics = null;
    }
  }
}
