package io.lockstep.coordinator.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.checkpoint.CheckpointFolders;
import io.lockstep.coordinator.loop.RunLoop;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.Grant;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WorkerSessionTest {
  private final RunPlan plan = Plans.plan(Path.of("/run"), 1, 9, 0);
  private final Stream stream = new Stream();
  private final Greetings greetings = new Greetings();
  private final WorkerSession session =
      new WorkerSession(
          1,
          new RunLoop(
              plan,
              new CheckpointFolders(plan.outputDir(), 0, CheckpointFolders.UsableSpace.OF_DISK),
              new RunListener() {}),
          new WorkerMessages("secret"),
          greetings,
          Grant.ANYTHING,
          stream);

  @Test
  void aStreamThatSaysNothingIsEnded() {
    session.requireIntroduction();
    assertEquals(
        "DEADLINE_EXCEEDED: no hello has come for 10 s",
        stream.ending == null ? "it goes on" : text(stream.ending));
  }

  @Test
  void aStreamThatHasSaidHelloGoesOn() {
    session.onNext(hello(stream.challenge));
    session.requireIntroduction();
    assertNull(stream.ending);
    assertEquals(0, greetings.refused());
  }

  @Test
  void aHelloOfAnotherStreamIsRefusedAndCounted() {
    session.onNext(hello(greetings.challenge()));
    assertEquals(
        Status.Code.UNAUTHENTICATED, stream.ending == null ? null : stream.ending.getCode());
    assertEquals(1, greetings.refused());
  }

  private static WorkerMessage hello(ByteString challenge) {
    return WorkerMessage.newBuilder()
        .setHello(ClientWorker.signed(ClientWorker.hello("a", 1001), challenge))
        .build();
  }

  private static String text(Status status) {
    return status.getCode() + ": " + status.getDescription();
  }

  /** What a session does to its stream. */
  private static final class Stream extends ServerCallStreamObserver<CoordinatorMessage> {
    private @Nullable Status ending;
    private ByteString challenge = ByteString.EMPTY;

    @Override
    public void onNext(CoordinatorMessage message) {
      challenge = message.getChallenge().getNonce();
    }

    @Override
    public void onError(Throwable error) {
      ending = Status.fromThrowable(error);
    }

    @Override
    public void onCompleted() {
      ending = Status.OK;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable onCancelHandler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setOnReadyHandler(Runnable onReadyHandler) {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}
  }
}
