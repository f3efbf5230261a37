package io.lockstep.coordinator.rpc;

import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Follower;
import io.lockstep.coordinator.Followers;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunObservation;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.coordinator.loop.RunLoop;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.security.Authorization;
import io.lockstep.security.Authorization.Need;
import io.lockstep.security.ConnectionCount;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.Scope;
import io.lockstep.security.ServerSecurity;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;

/**
 * The coordinator of one run with its gRPC service, health and reflection on one port.
 *
 * <p>{@link #close} fails a run that hasn't ended; all workers are told before the port is closed.
 */
public final class CoordinatorServer implements AutoCloseable {

  /** How long open calls get to end by themselves when the server closes. */
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

  /** After which a connection without a call is closed; streams live as long as the run. */
  private static final Duration IDLE = Duration.ofSeconds(15);

  /** Connections that wait to be taken: all workers of a large run may come at once. */
  private static final int BACKLOG = 1024;

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

  /** Enough for a report of a few ten thousand virtual ranks and buckets. */
  private static final int MAX_MESSAGE_BYTES = 4 << 20;

  private final Server server;
  private final RunLoop loop;
  private final Optional<Authorization> authorization;
  private final Followers followers;
  private final CountedPort port;
  private final CoordinatorService service;

  private CoordinatorServer(
      Server server,
      RunLoop loop,
      Optional<Authorization> authorization,
      Followers followers,
      CountedPort port,
      CoordinatorService service) {
    this.server = server;
    this.loop = loop;
    this.authorization = authorization;
    this.followers = followers;
    this.port = port;
    this.service = service;
  }

  /** Starts a run without a listener on a loopback address. */
  public static CoordinatorServer start(RunPlan plan, String host, int port) {
    return start(plan, ListenAddress.local(host, port), new RunListener() {});
  }

  /**
   * Starts a run. Nothing is written before the port is bound.
   *
   * @throws RunRefusedException with one line that says what to change: the folder holds a run, the
   *     port is taken, the address is not allowed
   */
  public static CoordinatorServer start(RunPlan plan, ListenAddress listen, RunListener listener) {
    RunJournal.requireUnused(plan.outputDir());
    return start(plan, listen, listener, RunJournal::create);
  }

  /**
   * Starts a run from another run's checkpoint, which is copied into the new run's folder.
   *
   * @param numerics what the workers have to compute with; unknown values are those of the first
   * @param skippedSteps steps of the checkpoint that changed no weight
   * @throws RunRefusedException with one line that says what to change: as for a new run, or the
   *     checkpoint is damaged or has all steps of the run
   */
  public static CoordinatorServer startFrom(
      Path checkpoint,
      Numerics numerics,
      long skippedSteps,
      RunPlan plan,
      ListenAddress listen,
      RunListener listener) {
    RunJournal.requireUnused(plan.outputDir());
    return start(
        plan,
        listen,
        listener,
        (run, clock) -> begunFrom(checkpoint, numerics, skippedSteps, run, clock));
  }

  private static RunJournal begunFrom(
      Path checkpoint, Numerics numerics, long skippedSteps, RunPlan plan, Clock clock) {
    CommittedCheckpoint begin =
        new CheckpointFolders(
                plan.outputDir(), plan.minFreeBytes(), CheckpointFolders.UsableSpace.OF_DISK)
            .adopt(checkpoint);
    if (begin.steps() >= plan.totalSteps()) {
      throw new RunRefusedException(
          "checkpoint %s holds %d steps, and the run ends after %d: raise training.max_steps or training.num_train_epochs"
              .formatted(checkpoint, begin.steps(), plan.totalSteps()));
    }
    RunJournal journal = RunJournal.create(plan, clock);
    String reason = "the run goes on from " + checkpoint;
    for (JournalEntry entry :
        List.of(
            new JournalEntry.BegunFrom(begin.steps(), skippedSteps),
            new JournalEntry.Rewound(0, begin.steps(), reason),
            new JournalEntry.CheckpointCommitted(begin))) {
      journal.append(entry);
      journal.history().add(entry);
    }
    journal.keep(numerics);
    return journal;
  }

  /**
   * Goes on with the run in the plan's folder: waits for its previous workers, for as long as the
   * plan says, and then for enough others.
   *
   * @param acknowledged keys that may differ from before, such as {@code numerics.threads}
   * @throws RunRefusedException with one line that says what to change: the folder holds no run, or
   *     one that has finished, or another process coordinates it
   */
  public static CoordinatorServer resume(
      RunPlan plan, Set<String> acknowledged, ListenAddress listen, RunListener listener) {
    return start(
        plan,
        listen,
        listener,
        (run, clock) -> {
          RunJournal journal = RunJournal.open(run, clock);
          journal.release(acknowledged);
          return journal;
        });
  }

  private static CoordinatorServer start(
      RunPlan plan,
      ListenAddress listen,
      RunListener listener,
      BiFunction<RunPlan, Clock, RunJournal> journal) {
    InetSocketAddress address = address(listen);
    CheckpointFolders folders =
        new CheckpointFolders(
            plan.outputDir(), plan.minFreeBytes(), CheckpointFolders.UsableSpace.OF_DISK);
    RunLoop loop = new RunLoop(plan, folders, listener);
    Optional<Authorization> authorization =
        listen
            .security()
            .tokens()
            .map(tokens -> new Authorization(tokens, CoordinatorServer::needOf));
    Followers followers = new Followers(Clock.systemUTC());
    CountedPort port = new CountedPort();
    CoordinatorService service = new CoordinatorService(loop, followers);
    Server server =
        build(port.at(address), listen.security(), authorization, port.count(), service);
    try {
      bind(server, address);
      begin(loop, journal.apply(plan, Clock.systemUTC()));
    } catch (RuntimeException error) {
      stop(server, port);
      throw error;
    }
    return new CoordinatorServer(server, loop, authorization, followers, port, service);
  }

  private static InetSocketAddress address(ListenAddress listen) {
    try {
      return listen.resolve();
    } catch (IllegalArgumentException impossible) {
      throw new RunRefusedException(String.valueOf(impossible.getMessage()), impossible);
    }
  }

  private static void begin(RunLoop loop, RunJournal journal) {
    try {
      loop.start(journal);
    } catch (RuntimeException error) {
      journal.close();
      throw error;
    }
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /**
   * The run as it is now, with what people should read.
   *
   * @throws RunRefusedException if the run's thread doesn't answer
   */
  public RunStatus status() {
    return answered(loop.status());
  }

  /** The run as it was moments ago. */
  public RunObservation observation() {
    return loop.observation().orElseThrow();
  }

  /** How long ago the run's thread last took something from its queue, in milliseconds. */
  public long idleMillis() {
    return loop.idleMillis();
  }

  /** Who follows the run's checkpoints, and what they say that they serve. */
  public List<Follower> followers() {
    return followers.all();
  }

  /** Calls that were refused for their token, or for a greeting that is nobody's there. */
  public long refusedCalls() {
    return authorization.map(Authorization::refused).orElse(0L) + service.refusedGreetings();
  }

  /** Connections that ended without a call. */
  public long droppedConnections() {
    return port.count().dropped();
  }

  /** Waits until the run is over; the server still answers until it is closed. */
  public RunOutcome awaitEnd() throws InterruptedException {
    try {
      return loop.outcome().get();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("a run's outcome never fails", impossible);
    }
  }

  /**
   * Ends the run after a checkpoint at the next step boundary; see {@link RunLoop#drain}.
   *
   * @param by who asks, one line
   * @return steps after which the run ends
   * @throws RunRefusedException if it has ended
   */
  public long drain(String by) {
    return answered(loop.drain(by));
  }

  private static <T> T answered(CompletableFuture<T> answer) {
    try {
      return answer.get(ANSWER_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException refused) {
      Throwable cause = refused.getCause() == null ? refused : refused.getCause();
      throw new RunRefusedException(String.valueOf(cause.getMessage()), refused);
    } catch (TimeoutException late) {
      throw new RunRefusedException("the coordinator doesn't answer", late);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new RunRefusedException("the coordinator was interrupted", interrupted);
    }
  }

  @Override
  public void close() {
    loop.close();
    stop(server, port);
  }

  private static Server build(
      NettyServerBuilder builder,
      ServerSecurity security,
      Optional<Authorization> authorization,
      ConnectionCount connections,
      CoordinatorService service) {
    HealthStatusManager health = new HealthStatusManager();
    health.setStatus(CoordinatorGrpc.SERVICE_NAME, ServingStatus.SERVING);
    security
        .tls()
        .ifPresent(tls -> builder.sslContext(tls.grpcServer(security.clientCertificates())));
    authorization.ifPresent(builder::intercept);
    return builder
        .addService(MalformedMessages.caught(service.bindService()))
        .addService(MalformedMessages.caught(ProtoReflectionServiceV1.newInstance().bindService()))
        .addService(MalformedMessages.caught(health.getHealthService().bindService()))
        .intercept(new Caller.Interceptor(connections))
        // A call only queues work for the run's thread.
        .directExecutor()
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .maxConnectionIdle(IDLE.toSeconds(), TimeUnit.SECONDS)
        .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
        .build();
  }

  /** What a token must allow for a method; a load balancer may ask for health without one. */
  private static Need needOf(MethodDescriptor<?, ?> method) {
    String name = method.getFullMethodName();
    if (HealthGrpc.SERVICE_NAME.equals(method.getServiceName())) {
      return new Need.Nothing();
    }
    if (name.equals(CoordinatorGrpc.getJoinMethod().getFullMethodName())) {
      return new Need.Scoped(Scope.TRAIN);
    }
    if (name.equals(CoordinatorGrpc.getWatchCheckpointsMethod().getFullMethodName())
        || name.equals(CoordinatorGrpc.getReportServingMethod().getFullMethodName())) {
      return new Need.Scoped(Scope.INFER);
    }
    return name.equals(CoordinatorGrpc.getGetStatusMethod().getFullMethodName())
        ? new Need.AnyToken()
        : new Need.Scoped(Scope.ADMIN);
  }

  private static void bind(Server server, InetSocketAddress address) {
    try {
      server.start();
    } catch (IOException error) {
      String where = address.getHostString() + ":" + address.getPort();
      throw new RunRefusedException(
          isPortTaken(error)
              ? "port " + where + " is in use: give another --port, or 0 for a free one"
              : "can't listen on " + where + ": " + error.getMessage(),
          error);
    }
  }

  private static void stop(Server server, CountedPort port) {
    server.shutdown();
    try {
      if (!server.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow().awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException interrupted) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    port.close();
  }

  private static boolean isPortTaken(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      boolean inUse =
          message != null && message.toLowerCase(Locale.ROOT).contains("address already in use");
      if (inUse || (cause instanceof BindException && message == null)) {
        return true;
      }
    }
    return false;
  }
}
