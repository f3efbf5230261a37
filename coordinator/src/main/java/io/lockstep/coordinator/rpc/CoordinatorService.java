package io.lockstep.coordinator.rpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Followers;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.loop.RunLoop;
import io.lockstep.proto.coordinator.v1.Checkpoint;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.DrainRequest;
import io.lockstep.proto.coordinator.v1.DrainResponse;
import io.lockstep.proto.coordinator.v1.GetStatusRequest;
import io.lockstep.proto.coordinator.v1.GetStatusResponse;
import io.lockstep.proto.coordinator.v1.ReportServingRequest;
import io.lockstep.proto.coordinator.v1.ReportServingResponse;
import io.lockstep.proto.coordinator.v1.WatchCheckpointsRequest;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.Authorization;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The coordinator's gRPC methods; each queues work for the run's thread and returns. */
final class CoordinatorService extends CoordinatorGrpc.CoordinatorImplBase {
  private static final int TOKEN_BYTES = 16;

  private final RunLoop loop;
  private final Followers followers;
  private final AtomicLong sessions = new AtomicLong();
  private final Greetings greetings = new Greetings();

  /** Draws the secret by which the run's workers know each other: each coordinator has its own. */
  private final WorkerMessages messages = new WorkerMessages(randomToken());

  CoordinatorService(RunLoop loop, Followers followers) {
    this.loop = loop;
    this.followers = followers;
  }

  @Override
  public StreamObserver<WorkerMessage> join(StreamObserver<CoordinatorMessage> out) {
    WorkerSession session =
        new WorkerSession(
            sessions.incrementAndGet(),
            loop,
            messages,
            greetings,
            Authorization.granted(),
            (ServerCallStreamObserver<CoordinatorMessage>) out);
    CompletableFuture.delayedExecutor(WorkerSession.INTRODUCTION.toMillis(), TimeUnit.MILLISECONDS)
        .execute(session::requireIntroduction);
    return session;
  }

  /** Greetings that were refused since no process has said them on their stream. */
  long refusedGreetings() {
    return greetings.refused();
  }

  @Override
  public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> out) {
    answer(loop.status().thenApply(Wire::status), out);
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> out) {
    answer(
        loop.drain(who(request))
            .thenApply(steps -> DrainResponse.newBuilder().setSteps(steps).build()),
        out);
  }

  /** Who asks: what it says of itself, and where it is. */
  private static String who(DrainRequest request) {
    String name = request.getBy().isBlank() ? "somebody" : PlainText.line(request.getBy());
    return name + " at " + Caller.address();
  }

  @Override
  public void watchCheckpoints(WatchCheckpointsRequest request, StreamObserver<Checkpoint> out) {
    ServerCallStreamObserver<Checkpoint> stream = (ServerCallStreamObserver<Checkpoint>) out;
    RunLoop.CheckpointWatcher watcher = new StreamWatcher(stream);
    String name = follower(request.getFollower());
    stream.setOnCancelHandler(() -> {
      loop.unwatch(watcher);
      followers.ended(name);
    });
    stream.setOnCloseHandler(() -> followers.ended(name));
    if (!name.isEmpty()) {
      followers.began(name, Caller.address());
    }
    loop.watch(watcher);
  }

  @Override
  public void reportServing(
      ReportServingRequest request, StreamObserver<ReportServingResponse> out) {
    String name = follower(request.getFollower());
    if (name.isEmpty() || request.getSteps() < 0) {
      out.onError(
          Status.INVALID_ARGUMENT
              .withDescription("a report needs the follower's name and a number of steps")
              .asRuntimeException());
      return;
    }
    followers.serves(
        name,
        Caller.address(),
        request.getSteps(),
        PlainText.line(request.getAlignment()),
        request.getAligned());
    out.onNext(ReportServingResponse.getDefaultInstance());
    out.onCompleted();
  }

  /** A follower's name, which may come from anybody. */
  private static String follower(String name) {
    return PlainText.line(
        name.length() > PlainText.MAX_NAME ? name.substring(0, PlainText.MAX_NAME) : name);
  }

  private static String randomToken() {
    byte[] token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    return HexFormat.of().formatHex(token);
  }

  private static <T> void answer(CompletableFuture<T> future, StreamObserver<T> out) {
    var _ =
        future.whenComplete((value, error) -> {
          if (error == null) {
            out.onNext(value);
            out.onCompleted();
          } else {
            out.onError(status(error).asRuntimeException());
          }
        });
  }

  private static Status status(Throwable error) {
    Throwable cause = error.getCause() == null ? error : error.getCause();
    Status code =
        cause instanceof RunRefusedException ? Status.FAILED_PRECONDITION : Status.INTERNAL;
    return code.withDescription(cause.getMessage());
  }

  /** Sends checkpoints to one watching client. */
  private record StreamWatcher(ServerCallStreamObserver<Checkpoint> out)
      implements RunLoop.CheckpointWatcher {

    @Override
    public void committed(CommittedCheckpoint checkpoint) {
      if (!out.isCancelled()) {
        out.onNext(Wire.checkpoint(checkpoint));
      }
    }

    @Override
    public void ended(RunOutcome outcome) {
      if (out.isCancelled()) {
        return;
      }
      if (outcome.finished()) {
        out.onCompleted();
      } else {
        out.onError(Status.ABORTED.withDescription(outcome.reason()).asRuntimeException());
      }
    }
  }
}
