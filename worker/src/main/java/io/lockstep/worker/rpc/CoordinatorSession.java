package io.lockstep.worker.rpc;

import io.grpc.Status;
import io.lockstep.proto.coordinator.v1.Challenge;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Welcome;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import io.lockstep.security.HandshakeFailure;
import io.lockstep.security.ProcessKey;
import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's session with its coordinator, over one gRPC stream at a time. A stream that ends
 * without a final word is replaced: the worker introduces itself again and says what it holds.
 */
public final class CoordinatorSession implements Session, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorSession.class);
  private static final Duration RETRY = Duration.ofMillis(100);

  private final Endpoint address;
  private final ClientSecurity security;
  private final Introduction introduction;
  private final Timeouts timeouts;
  private final ProcessKey key = ProcessKey.draw();
  private final BlockingQueue<Directive> directives = new LinkedBlockingQueue<>();
  private final CompletableFuture<String> runConfig = new CompletableFuture<>();
  private final CompletableFuture<Directive.Stop> stopped = new CompletableFuture<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("coordinator-session").factory());

  private volatile Activity activity = new Activity(0, "starting");
  private volatile Consumer<Directive> interruption = directive -> {};
  private volatile Supplier<List<Holding>> holdings = List::of;
  private volatile Supplier<List<Integer>> awaited = List::of;
  private volatile String collectiveToken = "";
  private volatile Directive.@Nullable NewMembership newestMembership;

  // Guarded by this.
  private @Nullable Stream stream;
  private boolean greeted;
  private boolean welcomed;
  private Standing standing = Standing.NEW;
  private boolean beating;
  private long silenceNanos = Long.MAX_VALUE;
  private long unreachableSince = System.nanoTime();
  private boolean closed;
  private @Nullable String lastTrouble;

  private record Activity(long generation, String what) {}

  /** What a worker says of itself: see the contract's Hello. */
  public record Introduction(
      String name,
      String collectiveAddress,
      String capability,
      String node,
      Map<String, String> numerics,
      String nccl,
      String ncclMissing) {

    public Introduction {
      numerics = Map.copyOf(numerics);
    }

    /** That of a worker which doesn't say whether it has NCCL. */
    public Introduction(
        String name,
        String collectiveAddress,
        String capability,
        String node,
        Map<String, String> numerics) {
      this(name, collectiveAddress, capability, node, numerics, "", "");
    }
  }

  /**
   * How long a coordinator that can't be reached is looked for.
   *
   * @param joining at the start
   * @param rejoining after it was lost
   */
  public record Timeouts(Duration joining, Duration rejoining) {}

  private CoordinatorSession(
      Endpoint address, ClientSecurity security, Introduction introduction, Timeouts timeouts) {
    this.address = address;
    this.security = security;
    this.introduction = introduction;
    this.timeouts = timeouts;
  }

  /**
   * Joins the run of a coordinator. Of a run that is complete already, the session says so: see
   * {@link #alreadyFinished}.
   *
   * @param address where it listens
   * @param security how the connection with it is secured
   * @throws SessionException if there is no coordinator or it refuses the worker
   */
  public static CoordinatorSession join(
      Endpoint address, ClientSecurity security, Introduction introduction, Timeouts timeouts)
      throws SessionException, InterruptedException {
    CoordinatorSession session = new CoordinatorSession(address, security, introduction, timeouts);
    try {
      session.open();
      session.awaitWelcome();
      return session;
    } catch (SessionException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private void awaitWelcome() throws SessionException, InterruptedException {
    try {
      runConfig.get(timeouts.joining().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (alreadyFinished().isPresent()) {
        return;
      }
      throw new SessionException(
          String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
    } catch (TimeoutException e) {
      throw new SessionException(
          "the coordinator at %s did not answer within %d s: %s"
              .formatted(address, timeouts.joining().toSeconds(), trouble()));
    }
  }

  private synchronized String trouble() {
    String last = lastTrouble;
    return last == null ? "is it running?" : last;
  }

  /** The end of a run that was complete before this worker could take part; else empty. */
  public Optional<Directive.Stop> alreadyFinished() {
    return runConfig.isCompletedExceptionally()
        ? Optional.of(stopped.join()).filter(Directive.Stop::finished)
        : Optional.empty();
  }

  /** The run's configuration, YAML. */
  public String runConfig() {
    return runConfig.join();
  }

  /** The secret by which the run's workers know each other; every coordinator has its own. */
  public String collectiveToken() {
    return collectiveToken;
  }

  // ---- streams

  private synchronized void open() {
    if (closed || stopped.isDone()) {
      return;
    }
    directives.clear();
    welcomed = false;
    greeted = false;
    stream = new Stream(address, security, new StreamListener());
  }

  /** The worker says who it is, and proves it for this stream. */
  private synchronized void greet(Stream from, Challenge challenge) {
    if (from == stream && !greeted) {
      greeted = true;
      from.send(
          Reports.hello(introduction, key, challenge, standing.loaded(), holdings.get()).build());
    }
  }

  /** Called on gRPC's threads; messages of a stream that was replaced are void. */
  private final class StreamListener implements Stream.Listener {

    @Override
    public void heard(Stream from, CoordinatorMessage message) {
      switch (message.getKindCase()) {
        case CHALLENGE -> greet(from, message.getChallenge());
        case WELCOME -> welcome(from, message.getWelcome());
        case PULSE -> {}
        case STOP -> {
          if (message.getStop().getRejoin()) {
            Duration pause =
                RETRY.plusMillis(Math.max(0, message.getStop().getRejoinAfterMillis()));
            lost(from, message.getStop().getReason(), Optional.of(pause));
          } else {
            stop(from, (Directive.Stop) Directives.of(message));
          }
        }
        case WORLD, LEASE, COMMIT, SAVE_CHECKPOINT, EVALUATE, EVALUATION, KIND_NOT_SET ->
            direct(from, Directives.of(message));
      }
    }

    @Override
    public void ended(Stream from, Status status) {
      String detail =
          status.getDescription() == null ? status.getCode().toString() : status.getDescription();
      Optional<String> untrusted = HandshakeFailure.explain(status.asException());
      if (status.isOk()) {
        lost(from, "the coordinator at " + address + " closed the session", Optional.of(RETRY));
      } else if (untrusted.isPresent()) {
        lost(
            from,
            "no connection with the coordinator at %s: %s".formatted(address, untrusted.get()),
            welcomedBefore() ? Optional.of(RETRY) : Optional.empty());
      } else if (isTransient(status)) {
        lost(
            from,
            "the coordinator at %s can't be reached (%s): is it running?"
                .formatted(address, detail),
            Optional.of(RETRY));
      } else {
        lost(
            from,
            "the coordinator at %s refused this worker: %s".formatted(address, detail),
            Optional.empty());
      }
    }

    /** Certificates that once held may hold again: they are being replaced. */
    private boolean welcomedBefore() {
      return runConfig.isDone();
    }

    private static boolean isTransient(Status status) {
      return switch (status.getCode()) {
        case UNAVAILABLE, CANCELLED, UNKNOWN, INTERNAL, DEADLINE_EXCEEDED, ABORTED -> true;
        default -> false;
      };
    }
  }

  private void welcome(Stream from, Welcome welcome) {
    synchronized (this) {
      if (from != stream) {
        return;
      }
      welcomed = true;
      unreachableSince = Long.MAX_VALUE;
      collectiveToken = welcome.getCollectiveToken();
      if (welcome.getSilenceMillis() > 0) {
        silenceNanos = TimeUnit.MILLISECONDS.toNanos(welcome.getSilenceMillis());
      }
      if (!beating) {
        beating = true;
        var _ =
            timer.scheduleAtFixedRate(
                this::beat, 0, welcome.getHeartbeatMillis(), TimeUnit.MILLISECONDS);
      }
    }
    runConfig.complete(welcome.getRunConfig());
    // What came to hold since the Hello was said could not be said on this stream before.
    sayStanding();
  }

  private void direct(Stream from, Directive directive) {
    synchronized (this) {
      if (from != stream) {
        return;
      }
    }
    if (directive instanceof Directive.NewMembership membership) {
      newestMembership = membership;
      interruption.accept(membership);
    }
    directives.add(directive);
  }

  private void stop(Stream from, Directive.Stop stop) {
    synchronized (this) {
      if (from != stream) {
        return;
      }
    }
    end(stop);
  }

  private void end(Directive.Stop stop) {
    if (stopped.complete(stop)) {
      runConfig.completeExceptionally(new SessionException(stop.reason()));
      interruption.accept(stop);
      directives.add(stop);
    }
  }

  /**
   * A stream is over without a final word: another one is opened, unless that is of no use.
   *
   * @param retry when; empty if it is of no use
   */
  private void lost(Stream from, String why, Optional<Duration> retry) {
    boolean joined;
    boolean leaves;
    synchronized (this) {
      if (from != stream || stopped.isDone() || closed) {
        return;
      }
      stream = null;
      lastTrouble = why;
      joined = runConfig.isDone();
      leaves = standing.leaving() != null;
      if (unreachableSince == Long.MAX_VALUE) {
        unreachableSince = System.nanoTime();
        LOG.warn("{}; looking for it again", why);
      }
    }
    from.close();
    Duration limit = joined ? timeouts.rejoining() : timeouts.joining();
    boolean withinTimeout = System.nanoTime() - unreachableSince() < limit.toNanos();
    if (retry.isEmpty() || !withinTimeout || leaves) {
      end(new Directive.Stop(false, why));
    } else {
      var _ = timer.schedule(this::open, retry.get().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private synchronized long unreachableSince() {
    return unreachableSince;
  }

  private void beat() {
    Stream present;
    synchronized (this) {
      present = stream;
      if (present == null) {
        return;
      }
    }
    long silence = present.silenceNanos();
    if (silence > silenceLimit()) {
      lost(
          present,
          "nothing was heard of the coordinator at %s for %d ms"
              .formatted(address, TimeUnit.NANOSECONDS.toMillis(silence)),
          Optional.of(RETRY));
      return;
    }
    sayStanding();
  }

  /** A heartbeat: what the worker does, and all that holds of it. */
  private synchronized void sayStanding() {
    Activity now = activity;
    send(Reports.heartbeat(now.generation(), now.what(), standing, awaited.get()));
  }

  private synchronized long silenceLimit() {
    return silenceNanos;
  }

  /** What can't be said now is void later: the first directive of a new stream is a membership. */
  private synchronized void send(WorkerMessage.Builder message) {
    Stream present = stream;
    if (present != null && welcomed && !stopped.isDone()) {
      present.send(message.build());
    }
  }

  // ---- what the worker hears

  @Override
  public Directive next() throws InterruptedException {
    return directives.take();
  }

  @Override
  public void onInterruption(Consumer<Directive> handler) {
    interruption = handler;
    // What came before somebody listened must end what is older, too.
    Directive.NewMembership membership = newestMembership;
    if (membership != null) {
      handler.accept(membership);
    }
    if (stopped.isDone()) {
      handler.accept(stopped.join());
    }
  }

  /** Asks, for each heartbeat, which ranks this worker has no connection with while it connects. */
  public void describeAwaited(Supplier<List<Integer>> described) {
    awaited = described;
  }

  @Override
  public void describeHoldings(Supplier<List<Holding>> described) {
    holdings = described;
  }

  // ---- what the worker says

  @Override
  public synchronized void loaded() {
    standing = standing.hasLoaded();
    send(Reports.loaded());
  }

  @Override
  public synchronized void broken(long generation, int peer, String what) {
    standing = standing.isBroken(new Standing.Broken(generation, peer, what));
    send(Reports.broken(generation, peer, what));
  }

  @Override
  public void stalled(long generation, int peer, String what) {
    send(Reports.stalled(generation, peer, what));
  }

  @Override
  public void leaving(String reason) {
    boolean reachable;
    synchronized (this) {
      standing = standing.wantsToLeave(reason);
      reachable = stream != null && welcomed;
    }
    if (reachable) {
      send(Reports.leaving(reason));
    } else {
      end(new Directive.Stop(false, reason + ", while the coordinator could not be reached"));
    }
  }

  @Override
  public void activity(long generation, String what) {
    activity = new Activity(generation, what);
  }

  @Override
  public synchronized void ready(long generation) {
    standing = standing.isReady(generation);
    send(Reports.ready(generation));
  }

  @Override
  public void reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets) {
    send(Reports.reduced(generation, step, contributions, buckets));
  }

  @Override
  public void applied(long generation, long step) {
    send(Reports.applied(generation, step));
  }

  @Override
  public void evaluated(long generation, long steps, int firstRecord, List<RecordResult> results) {
    send(Reports.evaluated(generation, steps, firstRecord, results));
  }

  @Override
  public void checkpointPart(long generation, long steps, List<WrittenFile> files) {
    send(Reports.checkpointPart(generation, steps, files));
  }

  @Override
  public synchronized void failed(String message) {
    // It is the last word, and holds whether or not the coordinator has answered the greeting.
    Stream present = stream;
    if (present != null && greeted && !stopped.isDone()) {
      present.send(Reports.failed(message).build());
    }
  }

  @Override
  public void times(StepTimes times) {
    send(Reports.times(times));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    Stream last;
    synchronized (this) {
      closed = true;
      last = stream;
      stream = null;
    }
    if (last != null) {
      last.close();
    }
  }
}
