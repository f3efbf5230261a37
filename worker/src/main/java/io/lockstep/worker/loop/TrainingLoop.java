package io.lockstep.worker.loop;

import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.profile.StepProfile;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.heldout.HeldOutRecords;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.metrics.RunMetrics;
import io.lockstep.worker.metrics.TensorBoardLog;
import io.lockstep.worker.preflight.HealthChecks;
import io.lockstep.worker.preflight.ProbeChoice;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Rounds;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.state.ModelSource;
import io.lockstep.worker.state.RunObjective;
import io.lockstep.worker.state.TrainingState;
import io.lockstep.worker.step.TrainingStep;
import io.lockstep.worker.zero.GradientBuffers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker does from joining a run to its end: it follows the coordinator's directives, and
 * computes the steps it is given leases for.
 *
 * <p>A step is reduced first, then committed by the coordinator, and only then applied: a worker
 * that dies before the commit costs that one step, and nobody ever applies a step that others have
 * not reduced. When the membership changes, what is under way of the old one ends at once, and the
 * {@link TrainingState} is brought to where the new one starts.
 */
public final class TrainingLoop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TrainingLoop.class);

  private final Session session;
  private final RunConfig config;
  private final RunData data;
  private final long totalSteps;
  private final CollectiveConnector connector;
  private final TrainingState state;
  private final RunObjective objective;
  private final GradientBuffers buffers;
  private final TensorBoardLog board;
  private final BackgroundCheckpoints checkpoints;
  private final Deque<Directive> deferred = new ArrayDeque<>();
  private @Nullable TrainingStep steps;
  private @Nullable RunMetrics metrics;
  private List<Probe> probes = List.of();
  private final Optional<StepProfile.Wanted> profiled;
  private @Nullable StepProfile profile;
  private long entered;

  /** The newest generation that was announced; older ones are over. */
  private volatile long newest;

  /** A loop over the run's data that has not been told anything yet; loads the model. */
  public TrainingLoop(
      Session session,
      RunConfig config,
      ModelSource source,
      RunData data,
      CollectiveConnector connector)
      throws IOException {
    this(session, config, source, data, connector, Optional.empty());
  }

  /**
   * The same with a profile.
   *
   * @param profiled which steps go into which file; the rank is put into its name
   */
  public TrainingLoop(
      Session session,
      RunConfig config,
      ModelSource source,
      RunData data,
      CollectiveConnector connector,
      Optional<StepProfile.Wanted> profiled)
      throws IOException {
    this.session = session;
    this.profiled = profiled;
    this.config = config;
    this.data = data;
    this.totalSteps = config.training().totalSteps(data.size());
    this.connector = connector;
    state = new TrainingState(config, source, totalSteps);
    objective = RunObjective.of(config, state.model());
    buffers = new GradientBuffers(state.model().trainable().trained().layout().size());
    board = TensorBoardLog.of(runDir());
    checkpoints = new BackgroundCheckpoints(session, config, this::isOver);
    session.describeHoldings(state::holdings);
    session.onInterruption(this::interrupt);
    session.loaded();
  }

  /** Ends what is under way of an older generation; on the session's thread. */
  private void interrupt(Directive directive) {
    switch (directive) {
      case Directive.NewMembership membership -> {
        newest = membership.generation();
        connector.endBefore(
            Rounds.handover(membership.generation()),
            "generation " + membership.generation() + " begins");
      }
      case Directive.Stop stop -> {
        newest = Long.MAX_VALUE;
        connector.endBefore(Long.MAX_VALUE, stop.reason());
      }
      case Directive.Lease _,
          Directive.Commit _,
          Directive.SaveCheckpoint _,
          Directive.Evaluate _,
          Directive.Evaluation _ -> {}
    }
  }

  /** Follows directives until the run stops; returns why it did. */
  public Directive.Stop run() throws IOException, SampleException, InterruptedException {
    while (true) {
      switch (nextDirective()) {
        case Directive.NewMembership membership -> enter(membership);
        case Directive.Lease lease -> train(lease);
        case Directive.SaveCheckpoint save -> save(save);
        case Directive.Evaluate evaluate -> evaluate(evaluate);
        case Directive.Evaluation evaluation -> told(evaluation);
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

  // ---- memberships

  private void enter(Directive.NewMembership membership) throws IOException, SampleException {
    if (membership.generation() < entered) {
      LOG.info("generation {} is over: it was said again", membership.generation());
      return;
    }
    entered = membership.generation();
    state.settle(membership);
    closeGeneration();
    if (!membership.goesOn()) {
      checkpoints.close();
    }
    if (isOver(membership.generation())) {
      return;
    }
    try {
      if (membership.departs()) {
        handOver(membership);
      } else {
        begin(membership);
      }
      session.ready(membership.generation());
    } catch (CollectiveException lost) {
      broken(membership.generation(), lost);
    }
  }

  /** Gives what this worker holds to those that stay. */
  private void handOver(Directive.NewMembership membership) throws IOException {
    session.activity(membership.generation(), "handing over what it holds");
    LOG.info("generation {}: handing over to {}", membership.generation(), membership.members());
    try (Collective everybody = connectAll(membership)) {
      state.adopt(membership, everybody);
    }
  }

  private void begin(Directive.NewMembership membership) throws IOException, SampleException {
    session.activity(
        membership.generation(), "connecting to " + (membership.members().size() - 1) + " peers");
    LOG.info(
        "generation {}: rank {} of {}, next step {}, over {} ({})",
        membership.generation(),
        membership.rank(),
        membership.members().size(),
        membership.nextStep(),
        membership.transport().name(),
        membership.transport().why());
    if (!membership.departing().isEmpty()) {
      try (Collective everybody = connectAll(membership)) {
        state.adopt(membership, everybody);
      }
    }
    TrainingStep current;
    Collective members =
        connector.connect(
            Rounds.training(membership.generation()),
            membership.transport(),
            membership.rank(),
            membership.members());
    try {
      if (membership.departing().isEmpty()) {
        session.activity(membership.generation(), "getting its part of the state");
        state.adopt(membership, members);
      }
      current = steps(membership, members);
      steps = current;
    } catch (IOException | RuntimeException | Error failure) {
      members.close();
      throw failure;
    }
    if (membership.rank() == 0) {
      if (membership.nextStep() == 0) {
        HealthChecks.require(data, state.model());
      }
      probes = ProbeChoice.of(data, state.model());
      RunMetrics log = RunMetrics.open(runDir(), config, data, membership, board);
      metrics = log;
      current.tell(log);
    }
  }

  private Collective connectAll(Directive.NewMembership membership) {
    return connector.connect(
        Rounds.handover(membership.generation()),
        membership.transport(),
        membership.rank(),
        membership.participants());
  }

  private TrainingStep steps(Directive.NewMembership membership, Collective members) {
    return new TrainingStep(
        membership,
        config,
        state,
        objective,
        buffers,
        data.microBatches(state.model()),
        totalSteps,
        members,
        session,
        new CommitsOf(membership.generation()));
  }

  /** Commits of a generation; what is said besides of steps is followed afterwards. */
  private final class CommitsOf implements TrainingStep.Commits {
    private final long number;

    CommitsOf(long number) {
      this.number = number;
    }

    @Override
    public boolean isOver() {
      return TrainingLoop.this.isOver(number);
    }

    @Override
    public Optional<Directive.Commit> await(long step) throws InterruptedException {
      while (true) {
        switch (session.next()) {
          case Directive.Commit commit when commit.step() == step -> {
            return Optional.of(commit);
          }
          case Directive.Commit commit ->
              throw new IllegalStateException(
                  "awaited the commit of step " + step + ", got that of step " + commit.step());
          case Directive.Lease lease -> deferred.addLast(lease);
          case Directive ending -> {
            deferred.clear();
            deferred.addFirst(ending);
            return Optional.empty();
          }
        }
      }
    }
  }

  /** The coordinator decides what becomes of a generation whose connections broke. */
  private void broken(long number, CollectiveException lost) throws IOException {
    closeGeneration();
    if (isOver(number)) {
      LOG.info("generation {} is over: {}", number, lost.getMessage());
      return;
    }
    LOG.warn("generation {} is broken: {}", number, lost.getMessage());
    session.activity(number, "waiting for a new generation: " + lost.getMessage());
    session.broken(number, lost.peer(), String.valueOf(lost.getMessage()));
  }

  private Path runDir() {
    return config
        .outputDir()
        .orElseThrow(() ->
            new IllegalStateException(
                "the coordinator sent a configuration without training.output_dir"));
  }

  // ---- steps

  private void train(Directive.Lease lease)
      throws IOException, SampleException, InterruptedException {
    TrainingStep current = steps;
    if (current == null || current.generation() != lease.generation()) {
      if (lease.generation() > entered) {
        throw new IllegalStateException(
            "the coordinator leased steps before it named a membership");
      }
      LOG.debug("lease of generation {} is void", lease.generation());
      return;
    }
    state.generationHasBegun();
    for (long step = lease.firstStep(); step < lease.firstStep() + lease.steps(); step++) {
      boolean isLast = step == lease.firstStep() + lease.steps() - 1;
      profile(state.shard().shard().rank()).step(step + 1);
      try {
        if (isOver(current.generation()) || !current.run(step, isLast)) {
          return;
        }
      } catch (CollectiveException lost) {
        broken(current.generation(), lost);
        return;
      }
    }
  }

  /** The profile of this worker, which is known by the rank that it has when it begins. */
  private StepProfile profile(int rank) {
    StepProfile begun = profile;
    if (begun == null) {
      begun = StepProfile.of(profiled.map(wanted -> wanted.of("rank-" + rank)));
      begun.process("rank " + rank, rank);
      profile = begun;
    }
    return begun;
  }

  // ---- evaluations

  private void evaluate(Directive.Evaluate evaluate) throws SampleException {
    TrainingStep current = steps;
    if (current == null || current.generation() != evaluate.generation()) {
      LOG.debug("the evaluation of generation {} is void", evaluate.generation());
      return;
    }
    state.generationHasBegun();
    HeldOutRecords records =
        HeldOutRecords.of(data, state.model())
            .orElseThrow(() ->
                new IllegalStateException(
                    "the coordinator asks for an evaluation, and the run has no held-out records"));
    Shard shard = state.shard().shard();
    HeldOutRecords.Share share =
        config.deepspeed().sharesWeights()
            ? records.allOnFirst(shard.rank())
            : records.share(shard.rank(), shard.world());
    records
        .evaluate(
            share,
            record -> {
              session.activity(
                  evaluate.generation(),
                  "evaluating record %d of %d to %d after step %d"
                      .formatted(record, share.first(), share.end() - 1, evaluate.steps()));
              return isOver(evaluate.generation());
            })
        .ifPresent(results ->
            session.evaluated(evaluate.generation(), evaluate.steps(), share.first(), results));
  }

  private void told(Directive.Evaluation evaluation) throws IOException {
    RunMetrics log = metrics;
    if (log != null) {
      log.evaluated(evaluation);
    }
  }

  // ---- checkpoints

  private void save(Directive.SaveCheckpoint save) throws InterruptedException {
    session.activity(save.generation(), "copying the state of step " + save.steps());
    checkpoints.save(save, state, probes);
  }

  private void closeGeneration() throws IOException {
    TrainingStep current = steps;
    steps = null;
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
    StepProfile begun = profile;
    if (begun != null) {
      begun.close();
    }
    closeGeneration();
    checkpoints.close();
    board.close();
    buffers.close();
    objective.close();
    state.close();
  }
}
