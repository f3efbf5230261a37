package io.lockstep.worker.telemetry;

import io.lockstep.collective.Collective;
import io.lockstep.operations.Health;
import io.lockstep.operations.Progress;
import io.lockstep.operations.trace.Traces;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a worker's training thread does, as others see it.
 *
 * <p>As {@link Health}: started once the model is loaded; ready while it is a member of the newest
 * membership; live while its training thread gets on, by the rule of {@link Progress}. Signs of
 * progress are what it tells the coordinator (of a step, an evaluated record, a membership, a
 * checkpoint) and bytes that it has given to its peers. It rests while it waits for the
 * coordinator, and while an exchange waits for a peer: who is to blame for that, the coordinator
 * decides. Loading is bounded by the orchestrator's patience with the start.
 */
public final class WorkerTelemetry implements Health {

  private static final double NANOS = 1e9;
  private static final String IDLE = "the run has ended, waiting for the next";

  private final LongSupplier nanos;
  private final Progress progress;

  private volatile String loading = "looking for the coordinator";
  private volatile boolean loaded;
  private volatile boolean idle;
  private volatile long newest;
  private volatile long ready = -1;
  private volatile boolean departs;
  private volatile int rank = -1;
  private volatile long lastStep = -1;
  private volatile Times times = new Times(Map.of(), 0, 0);
  private volatile Exchanges exchanges = new Exchanges(0, null);
  private volatile WorkerTraces traces = new WorkerTraces(Traces.OFF);
  private volatile LongSupplier dropped = () -> 0;
  private final AtomicLong stalls = new AtomicLong();

  // Of the training thread.
  private long reducedAt;
  private long committedAt;

  // Of whoever asks for health; guarded by this.
  private long sentWhenAsked;

  /** What a step's time goes to. */
  enum Part {
    /** Micro-batches are waited for. */
    DATA,
    /** Forward and backward. */
    COMPUTE,
    /** Gradients are summed, as far as nothing is computed meanwhile. */
    REDUCE,
    /** The coordinator's commit is waited for: others compute or reduce still. */
    COMMIT,
    /** The optimizer's step, and parameters from their owners. */
    UPDATE
  }

  /**
   * Where the time went.
   *
   * @param steps that were counted
   * @param longest seconds of the longest one
   */
  record Times(Map<Part, Double> seconds, long steps, double longest) {
    Times {
      seconds = Map.copyOf(seconds);
    }

    double of(Part part) {
      return seconds.getOrDefault(part, 0.0);
    }

    Times plus(Map<Part, Double> step) {
      Map<Part, Double> sums = new EnumMap<>(Part.class);
      sums.putAll(seconds);
      step.forEach((part, more) -> sums.merge(part, more, Double::sum));
      double whole = step.values().stream().mapToDouble(Double::doubleValue).sum();
      return new Times(sums, steps + 1, Math.max(longest, whole));
    }
  }

  /** The connections of the present membership, and what was sent over those before. */
  private record Exchanges(long sentBefore, @Nullable Collective present) {
    long sentBytes() {
      return present == null ? sentBefore : sentBefore + present.sentBytes();
    }
  }

  /** A worker that begins now. */
  public WorkerTelemetry() {
    this(System::nanoTime);
  }

  /** A worker with a clock that never runs backwards, in nanoseconds. */
  WorkerTelemetry(LongSupplier nanos) {
    this.nanos = nanos;
    this.progress = new Progress(nanos, "waiting for the coordinator");
  }

  // ---- what happens

  /** It has joined the run, whose words pass through the session that is returned. */
  public Session joined(Session session) {
    loading = "loading the model";
    idle = false;
    return new ObservedSession(session, this);
  }

  /** What it does is told there, too. */
  public void tracedBy(Traces told) {
    traces = new WorkerTraces(told);
  }

  /**
   * Which run it takes part in.
   *
   * @param run the same for all processes of the run, and another for each run
   */
  public void takesPartIn(String run) {
    traces.run(run);
  }

  /** It is reached by its peers, or by others. */
  public void listens(LongSupplier droppedConnections) {
    long before = dropped();
    dropped = () -> before + droppedConnections.getAsLong();
  }

  /** It connects to the peers of another membership. */
  public synchronized void connected(int newRank, Collective collective) {
    rank = newRank;
    exchanges = new Exchanges(exchanges.sentBytes(), collective);
  }

  void loaded() {
    loaded = true;
  }

  /** Its run has ended, and it waits for the next: alive, not ready. */
  public synchronized void ended() {
    idle = true;
    departs = false;
    newest = 0;
    ready = -1;
    progress.rest(IDLE);
  }

  /** On a thread of the session's own, before it can be heard; one that is older is void. */
  synchronized void announced(Directive directive) {
    switch (directive) {
      case Directive.NewMembership membership -> {
        if (membership.generation() >= newest) {
          departs = membership.departs();
          newest = membership.generation();
        }
      }
      case Directive.Stop _ -> newest = Long.MAX_VALUE;
      case Directive.Lease _,
          Directive.Commit _,
          Directive.SaveCheckpoint _,
          Directive.Evaluate _,
          Directive.Evaluation _ -> {}
    }
  }

  void waits() {
    progress.rest("waiting for the coordinator");
  }

  void waitsForPeer(String what) {
    stalls.incrementAndGet();
    progress.rest(what);
  }

  void heard(Directive directive) {
    announced(directive);
    progress.begin("following a directive of the coordinator");
    if (directive instanceof Directive.Commit) {
      committedAt = nanos.getAsLong();
    }
    traces.heard(directive, nanos.getAsLong());
  }

  void begins(String what) {
    progress.begin(what);
  }

  void ready(long generation) {
    ready = generation;
    progress.sign();
    traces.ready(generation, rank, nanos.getAsLong());
  }

  void broken() {
    ready = -1;
  }

  void reduced() {
    reducedAt = nanos.getAsLong();
    progress.sign();
  }

  void applied(long step) {
    lastStep = step;
    progress.done();
  }

  void saved(long generation, long steps) {
    traces.saved(generation, steps, rank, nanos.getAsLong());
  }

  void stepTook(Session.StepTimes step) {
    traces.step(step, ready, rank, reducedAt, committedAt, nanos.getAsLong());
    double commit = (committedAt - reducedAt) / NANOS;
    double update = (nanos.getAsLong() - committedAt) / NANOS;
    times =
        times.plus(
            Map.of(
                Part.DATA,
                step.data(),
                Part.COMPUTE,
                step.compute(),
                Part.REDUCE,
                step.communication(),
                Part.COMMIT,
                commit,
                Part.UPDATE,
                update));
  }

  // ---- what is seen

  Times times() {
    return times;
  }

  long stalls() {
    return stalls.get();
  }

  /** Connections from others that never became a peer's. */
  long dropped() {
    return dropped.getAsLong();
  }

  long sentBytes() {
    return exchanges.sentBytes();
  }

  /** The last step that was applied. */
  Optional<Long> lastStep() {
    return lastStep < 0 ? Optional.empty() : Optional.of(lastStep);
  }

  /** Its rank, -1 before the first membership. */
  int rank() {
    return rank;
  }

  /** The newest membership, as far as it was announced; 0 before the first. */
  long membership() {
    return newest == Long.MAX_VALUE ? Math.max(0, ready) : newest;
  }

  boolean isMember() {
    return ready == newest && !departs;
  }

  @Override
  public Condition started() {
    if (idle) {
      return Condition.good(IDLE);
    }
    return loaded ? Condition.good("loaded") : Condition.bad(loading);
  }

  @Override
  public Condition ready() {
    if (idle) {
      return Condition.bad(IDLE);
    }
    if (!loaded) {
      return Condition.bad(loading);
    }
    return isMember()
        ? Condition.good("rank %d of membership %d".formatted(rank, ready))
        : Condition.bad("not a member of the present membership: " + live().detail());
  }

  @Override
  public Condition live() {
    if (!loaded) {
      return Condition.good(loading);
    }
    lookAtExchanges();
    return progress.condition();
  }

  private synchronized void lookAtExchanges() {
    long sent = sentBytes();
    if (sent != sentWhenAsked) {
      sentWhenAsked = sent;
      progress.sign();
    }
  }
}
