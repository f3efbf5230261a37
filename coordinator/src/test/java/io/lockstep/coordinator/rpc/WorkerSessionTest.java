package io.lockstep.coordinator.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

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
  private final WorkerSession session =
      new WorkerSession(
          1,
          new RunLoop(
              plan,
              new CheckpointFolders(plan.outputDir(), 0, CheckpointFolders.UsableSpace.OF_DISK),
              new RunListener() {}),
          new WorkerMessages("secret"),
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
    session.onNext(WorkerMessage.newBuilder().setHello(ClientWorker.hello("a", 1001)).build());
    session.requireIntroduction();
    assertNull(stream.ending);
  }

  private static String text(Status status) {
    return status.getCode() + ": " + status.getDescription();
  }

  /** What a session does to its stream. */
  private static final class Stream extends ServerCallStreamObserver<CoordinatorMessage> {
    private @Nullable Status ending;

    @Override
    public void onNext(CoordinatorMessage message) {}

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
