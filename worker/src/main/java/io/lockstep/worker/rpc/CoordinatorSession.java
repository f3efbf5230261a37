package io.lockstep.worker.rpc;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.coordinator.v1.Applied;
import io.lockstep.proto.coordinator.v1.BucketResult;
import io.lockstep.proto.coordinator.v1.CheckpointFile;
import io.lockstep.proto.coordinator.v1.CheckpointPart;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Failure;
import io.lockstep.proto.coordinator.v1.Heartbeat;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Ready;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.Telemetry;
import io.lockstep.proto.coordinator.v1.VirtualRankResult;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.worker.checkpoint.WrittenFile;
import io.lockstep.worker.train.Directive;
import io.lockstep.worker.train.Session;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A worker's session over a gRPC stream. The end of the stream, however it comes, is a stop. */
public final class CoordinatorSession implements Session, AutoCloseable {

  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  private final String address;
  private final ManagedChannel channel;
  private final StreamObserver<WorkerMessage> requests;
  private final BlockingQueue<Directive> directives = new LinkedBlockingQueue<>();
  private final CompletableFuture<Invitation> invitation = new CompletableFuture<>();
  private final CompletableFuture<Directive.Stop> stopped = new CompletableFuture<>();
  private final ScheduledExecutorService heartbeats =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("heartbeat").factory());
  private volatile Activity activity = new Activity(0, "starting");

  /**
   * The run a worker is invited to: configuration as YAML, interval of heartbeats, secret among its
   * workers.
   */
  private record Invitation(String runConfig, Duration heartbeat, String collectiveToken) {}

  private record Activity(long generation, String what) {}

  /** What a worker says of itself: see the contract's Hello. */
  public record Introduction(String name, String collectiveAddress, String capability) {}

  private CoordinatorSession(String address) {
    this.address = address;
    channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    requests = CoordinatorGrpc.newStub(channel).withWaitForReady().join(new Responses());
  }

  /**
   * Joins the run of a coordinator.
   *
   * @param address its host:port
   * @throws SessionException if there is no coordinator or it refuses the worker
   */
  public static CoordinatorSession join(
      String address, Introduction introduction, Duration patience)
      throws SessionException, InterruptedException {
    CoordinatorSession session = new CoordinatorSession(address);
    try {
      session.introduce(introduction, patience);
      return session;
    } catch (SessionException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private void introduce(Introduction introduction, Duration patience)
      throws SessionException, InterruptedException {
    send(
        WorkerMessage.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setWorkerId(introduction.name())
                    .setCollectiveAddress(introduction.collectiveAddress())
                    .setCapability(introduction.capability())));
    try {
      Duration interval = invitation.get(patience.toMillis(), TimeUnit.MILLISECONDS).heartbeat();
      var _ =
          heartbeats.scheduleAtFixedRate(this::beat, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new SessionException(
          String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
    } catch (TimeoutException e) {
      throw new SessionException(
          "the coordinator at "
              + address
              + " did not answer within "
              + patience.toSeconds()
              + " s");
    }
  }

  /** The run's configuration, YAML. */
  public String runConfig() {
    return invitation.join().runConfig();
  }

  /** The secret by which the run's workers know each other. */
  public String collectiveToken() {
    return invitation.join().collectiveToken();
  }

  private void beat() {
    Activity now = activity;
    send(
        WorkerMessage.newBuilder()
            .setHeartbeat(
                Heartbeat.newBuilder().setGeneration(now.generation()).setActivity(now.what())));
  }

  private synchronized void send(WorkerMessage.Builder message) {
    if (!stopped.isDone()) {
      requests.onNext(message.build());
    }
  }

  /** Hears the coordinator, on gRPC's threads. */
  private final class Responses implements StreamObserver<CoordinatorMessage> {

    @Override
    public void onNext(CoordinatorMessage message) {
      if (message.hasWelcome()) {
        invitation.complete(
            new Invitation(
                message.getWelcome().getRunConfig(),
                Duration.ofMillis(message.getWelcome().getHeartbeatMillis()),
                message.getWelcome().getCollectiveToken()));
        return;
      }
      if (message.hasPulse()) {
        return;
      }
      Directive directive = Directives.of(message);
      if (directive instanceof Directive.Stop stop) {
        end(stop);
      } else {
        directives.add(directive);
      }
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      String detail =
          status.getDescription() == null ? status.getCode().toString() : status.getDescription();
      String why =
          status.getCode() == Status.Code.UNAVAILABLE
              ? "the coordinator at "
                  + address
                  + " can't be reached ("
                  + detail
                  + "): is it running?"
              : "the coordinator at " + address + " ended the session: " + detail;
      end(new Directive.Stop(false, why));
    }

    @Override
    public void onCompleted() {
      end(new Directive.Stop(false, "the coordinator at " + address + " closed the session"));
    }

    private void end(Directive.Stop stop) {
      invitation.completeExceptionally(new SessionException(stop.reason()));
      if (stopped.complete(stop)) {
        directives.add(stop);
      }
    }
  }

  @Override
  public Directive next() throws InterruptedException {
    return directives.take();
  }

  @Override
  public @Nullable Directive poll(Duration patience) throws InterruptedException {
    return directives.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void onStop(Consumer<Directive.Stop> handler) {
    var _ = stopped.thenAcceptAsync(handler);
  }

  @Override
  public void activity(long generation, String what) {
    activity = new Activity(generation, what);
  }

  @Override
  public void ready(long generation) {
    send(WorkerMessage.newBuilder().setReady(Ready.newBuilder().setGeneration(generation)));
  }

  @Override
  public void reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets) {
    Reduced.Builder reduced = Reduced.newBuilder().setGeneration(generation).setStep(step);
    for (Contribution contribution : contributions) {
      reduced.addVirtualRanks(
          VirtualRankResult.newBuilder()
              .setVirtualRank(contribution.virtualRank())
              .setLossSum(contribution.lossSum())
              .setTokens(contribution.tokens())
              .setCorrectTokens(contribution.correctTokens())
              .setReplacedSamples(contribution.replacedSamples()));
    }
    for (BucketFigures bucket : buckets) {
      reduced.addBuckets(
          BucketResult.newBuilder()
              .setBucket(bucket.bucket())
              .setSquareSum(bucket.squareSum())
              .setCrc32C(bucket.crc32c()));
    }
    send(WorkerMessage.newBuilder().setReduced(reduced));
  }

  @Override
  public void applied(long generation, long step) {
    send(
        WorkerMessage.newBuilder()
            .setApplied(Applied.newBuilder().setGeneration(generation).setStep(step)));
  }

  @Override
  public void checkpointPart(long generation, long steps, List<WrittenFile> files) {
    CheckpointPart.Builder part =
        CheckpointPart.newBuilder().setGeneration(generation).setSteps(steps);
    for (WrittenFile file : files) {
      part.addFiles(
          CheckpointFile.newBuilder()
              .setPath(file.path())
              .setBytes(file.bytes())
              .setSha256(file.sha256()));
    }
    send(WorkerMessage.newBuilder().setCheckpointPart(part));
  }

  @Override
  public void failed(String message) {
    send(WorkerMessage.newBuilder().setFailure(Failure.newBuilder().setMessage(message)));
  }

  @Override
  public void times(StepTimes times) {
    send(
        WorkerMessage.newBuilder()
            .setTelemetry(
                Telemetry.newBuilder()
                    .setStep(times.step())
                    .setDataSeconds(times.data())
                    .setComputeSeconds(times.compute())
                    .setCommunicationSeconds(times.communication())
                    .setResidentBytes(times.residentBytes())));
  }

  @Override
  public void close() {
    heartbeats.shutdownNow();
    synchronized (this) {
      if (!stopped.isDone()) {
        requests.onCompleted();
      }
    }
    channel.shutdown();
    try {
      if (!channel.awaitTermination(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException e) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
