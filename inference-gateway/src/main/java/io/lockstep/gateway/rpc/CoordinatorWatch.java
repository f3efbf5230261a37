package io.lockstep.gateway.rpc;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.lockstep.gateway.handoff.HandOff;
import io.lockstep.gateway.serving.Alignment;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.proto.coordinator.v1.Checkpoint;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.ReportServingRequest;
import io.lockstep.proto.coordinator.v1.ReportServingResponse;
import io.lockstep.proto.coordinator.v1.WatchCheckpointsRequest;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import io.lockstep.security.HandshakeFailure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of committed checkpoints from a coordinator. A coordinator that goes away is asked again,
 * after 0.25 s at first and then twice as long each time up to 10 s, until it completes the stream
 * because its run is finished.
 */
public final class CoordinatorWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(CoordinatorWatch.class);
  private static final Duration FIRST_DELAY = Duration.ofMillis(250);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(10);
  private static final int REPORT_SECONDS = 10;

  private final Endpoint coordinator;
  private final ScheduledExecutorService executor;
  private final Consumer<HandOff.Committed> listener;
  private final ManagedChannel channel;
  private final String name = name();
  private volatile boolean closed;
  private volatile @Nullable ModelIdentity serving;

  private CoordinatorWatch(
      Endpoint coordinator,
      ClientSecurity security,
      ScheduledExecutorService executor,
      Consumer<HandOff.Committed> listener) {
    this.coordinator = coordinator;
    this.executor = executor;
    this.listener = listener;
    this.channel = security.channel(coordinator).build();
  }

  /**
   * Starts to watch.
   *
   * @param coordinator where it listens
   * @param security how the connection is secured
   * @param executor runs the delayed attempts
   * @param listener told of every checkpoint, after a reconnection of old ones again
   */
  public static CoordinatorWatch start(
      Endpoint coordinator,
      ClientSecurity security,
      ScheduledExecutorService executor,
      Consumer<HandOff.Committed> listener) {
    CoordinatorWatch watch = new CoordinatorWatch(coordinator, security, executor, listener);
    watch.subscribe(0);
    return watch;
  }

  @Override
  public void close() {
    closed = true;
    channel.shutdownNow();
  }

  /** Tells the coordinator what is served now. It is told again whenever it answers again. */
  public void serves(ModelIdentity model) {
    serving = model;
    report();
  }

  /** Nothing depends on it: a coordinator of another version, or one that is away, needn't hear. */
  private void report() {
    ModelIdentity model = serving;
    if (model == null || closed) {
      return;
    }
    CoordinatorGrpc.newStub(channel)
        .withDeadlineAfter(REPORT_SECONDS, TimeUnit.SECONDS)
        .reportServing(
            ReportServingRequest.newBuilder()
                .setFollower(name)
                .setSteps(model.steps())
                .setAlignment(model.alignment().describe())
                .setAligned(model.alignment().state() != Alignment.State.UNCERTIFIED)
                .build(),
            new StreamObserver<>() {
              @Override
              public void onNext(ReportServingResponse heard) {}

              @Override
              public void onError(Throwable failure) {
                log.debug("coordinator {} didn't hear what is served", coordinator, failure);
              }

              @Override
              public void onCompleted() {}
            });
  }

  /** A name that no other follower has: its machine's with its process. */
  private static String name() {
    String process = Long.toString(ProcessHandle.current().pid());
    try {
      return InetAddress.getLocalHost().getHostName() + "/" + process;
    } catch (UnknownHostException e) {
      return "gateway/" + process;
    }
  }

  private void subscribe(int failures) {
    if (!closed) {
      // The executor decides when to try again; the channel's own growing delays would come on top.
      channel.resetConnectBackoff();
      CoordinatorGrpc.newStub(channel)
          .watchCheckpoints(
              WatchCheckpointsRequest.newBuilder().setFollower(name).build(), new Stream(failures));
      report();
    }
  }

  private void retry(int failures, Throwable failure) {
    if (closed) {
      return;
    }
    if (failures == 1) {
      log.warn(
          "coordinator {} can't be heard ({}); what is served stays, asking again until it answers",
          coordinator,
          HandshakeFailure.explain(failure)
              .orElseGet(() -> inWords(Status.fromThrowable(failure))));
    }
    try {
      var _ =
          executor.schedule(
              () -> subscribe(failures), delay(failures).toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closing, no further attempt to reach {}", coordinator);
    }
  }

  /** On one line: the cause's own words, not its stack trace. */
  private static String inWords(Status status) {
    Throwable cause = status.getCause();
    return "%s: %s%s"
        .formatted(
            status.getCode(),
            status.getDescription(),
            cause == null
                ? ""
                : ", " + String.valueOf(cause.getMessage()).lines().findFirst().orElse(""));
  }

  /** How long to wait after this many failures in a row, at least 1. */
  static Duration delay(int failures) {
    Duration delay = FIRST_DELAY.multipliedBy(1L << Math.min(failures - 1, 20));
    return delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
  }

  /** One attempt; counts failures in a row until the coordinator says something. */
  private final class Stream implements StreamObserver<Checkpoint> {
    private int failures;

    Stream(int failures) {
      this.failures = failures;
    }

    @Override
    public void onNext(Checkpoint checkpoint) {
      if (failures > 0) {
        log.info("coordinator {} answers again", coordinator);
        failures = 0;
      }
      listener.accept(
          new HandOff.Committed(
              Path.of(checkpoint.getDir()), checkpoint.getSteps(), checkpoint.getManifestSha256()));
    }

    @Override
    public void onError(Throwable failure) {
      retry(failures + 1, failure);
    }

    @Override
    public void onCompleted() {
      log.info("the run of coordinator {} is finished; its last checkpoint stays", coordinator);
    }
  }
}
