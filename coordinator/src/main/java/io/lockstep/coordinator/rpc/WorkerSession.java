package io.lockstep.coordinator.rpc;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.lockstep.coordinator.loop.RunLoop;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.ToWorker;
import io.lockstep.proto.coordinator.v1.Challenge;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.Grant;
import java.time.Duration;

/** One worker's stream: messages of the worker become events; the run's thread sends answers. */
final class WorkerSession implements StreamObserver<WorkerMessage>, RunLoop.WorkerStream {
  private final long session;
  private final RunLoop loop;
  private final WorkerMessages messages;
  private final Greetings greetings;
  private final ByteString challenge;
  private final Grant grant;
  private final ServerCallStreamObserver<CoordinatorMessage> out;

  /** How long a stream may be open before its worker introduces itself. */
  static final Duration INTRODUCTION = Duration.ofSeconds(10);

  private static final int UNDERWAY = 16;

  // Under this object's lock: the stream's own thread and that of the introduction's limit.
  private boolean introduced;
  private boolean ended;

  /**
   * A session, which begins with a challenge.
   *
   * @param grant what the worker's token allows
   */
  WorkerSession(
      long session,
      RunLoop loop,
      WorkerMessages messages,
      Greetings greetings,
      Grant grant,
      ServerCallStreamObserver<CoordinatorMessage> out) {
    this.session = session;
    this.loop = loop;
    this.messages = messages;
    this.greetings = greetings;
    challenge = greetings.challenge();
    this.grant = grant;
    this.out = out;
    out.setOnCancelHandler(() -> lost("its connection was closed"));
    // A stream has few messages underway: one that says more than the run can hear waits.
    out.disableAutoInboundFlowControl();
    out.request(UNDERWAY);
    out.onNext(
        CoordinatorMessage.newBuilder()
            .setChallenge(Challenge.newBuilder().setNonce(challenge))
            .build());
  }

  private void takeNext() {
    if (!out.isCancelled()) {
      out.request(1);
    }
  }

  /** Ends a stream that has been opened and says nothing. */
  synchronized void requireIntroduction() {
    if (!introduced && !ended) {
      ended = true;
      out.onError(
          Status.DEADLINE_EXCEEDED
              .withDescription("no hello has come for %d s".formatted(INTRODUCTION.toSeconds()))
              .asRuntimeException());
    }
  }

  @Override
  public synchronized void onNext(WorkerMessage message) {
    if (ended) {
      return;
    }
    if (!introduced) {
      introduce(message);
      takeNext();
      return;
    }
    Event.FromWorker said =
        Wire.event(session, message)
            .orElseGet(() ->
                new Event.Violated(
                    session, "it sent " + message.getKindCase() + " after its Hello"));
    loop.post(said, this::takeNext);
  }

  @Override
  public void onError(Throwable error) {
    lost("its connection broke: " + Status.fromThrowable(error).getCode());
  }

  @Override
  public void onCompleted() {
    lost("it ended its stream");
  }

  @Override
  public void send(ToWorker message) {
    if (!out.isCancelled()) {
      out.onNext(messages.of(message));
    }
  }

  @Override
  public void close() {
    if (!out.isCancelled()) {
      out.onCompleted();
    }
  }

  private void introduce(WorkerMessage message) {
    if (!message.hasHello()) {
      ended = true;
      out.onError(
          Status.INVALID_ARGUMENT
              .withDescription("the first message must be hello, not " + message.getKindCase())
              .asRuntimeException());
      return;
    }
    String name = message.getHello().getWorkerId();
    if (!grant.isFor(name)) {
      ended = true;
      out.onError(
          Status.PERMISSION_DENIED
              .withDescription(
                  "the token that was sent is not for a worker of the name " + PlainText.line(name))
              .asRuntimeException());
      return;
    }
    Event.Joined joined;
    try {
      joined = Wire.joined(session, message.getHello());
    } catch (IllegalArgumentException impossible) {
      ended = true;
      out.onError(
          Status.INVALID_ARGUMENT.withDescription(impossible.getMessage()).asRuntimeException());
      return;
    }
    if (!greetings.isAnswer(message.getHello(), challenge)) {
      ended = true;
      out.onError(
          Status.UNAUTHENTICATED
              .withDescription(
                  "the greeting isn't signed for this connection by the process that it speaks for: it is a repeated one, or of another release")
              .asRuntimeException());
      return;
    }
    introduced = true;
    loop.join(joined, this);
  }

  private synchronized void lost(String how) {
    ended = true;
    if (introduced) {
      loop.post(new Event.Lost(session, how));
    }
  }
}
