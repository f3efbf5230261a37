package io.lockstep.coordinator.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.lockstep.coordinator.Plans;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage.KindCase;
import io.lockstep.proto.coordinator.v1.Failure;
import io.lockstep.proto.coordinator.v1.GetStatusRequest;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Ready;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What strangers may say to a coordinator's port, and that a run outlives whatever they say. */
@Timeout(60)
final class StrangersLimitsTest {
  private static final int TOO_MUCH = 5 << 20;

  @TempDir Path out;
  private CoordinatorServer server;
  private ManagedChannel channel;

  @BeforeEach
  void start() {
    server = CoordinatorServer.start(Plans.plan(out, 1, 9, 0), "127.0.0.1", 0);
    channel = ManagedChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  /** Whatever was said, the run waits for its worker and takes it. */
  @AfterEach
  void theRunGoesOn() throws Exception {
    try (CoordinatorServer _ = server) {
      new ClientWorker(channel, "a", 1001).expect(KindCase.WELCOME);
      assertEquals(
          1,
          CoordinatorGrpc.newBlockingStub(channel)
              .getStatus(GetStatusRequest.getDefaultInstance())
              .getWorkersCount());
    } finally {
      channel.shutdownNow();
    }
  }

  private Status ending(WorkerMessage first) throws Exception {
    return new ClientWorker(channel, first).ending();
  }

  private Status ending(Hello.Builder hello) throws Exception {
    return ending(WorkerMessage.newBuilder().setHello(hello).build());
  }

  @Test
  void aNameHasALimit() throws Exception {
    Status ending = ending(ClientWorker.hello("x".repeat(129), 1002));
    assertEquals(Status.Code.INVALID_ARGUMENT, ending.getCode());
    assertEquals("a worker's name has 129 characters: 128 at most", ending.getDescription());
  }

  @Test
  void aNameThatATerminalWouldObeyIsRefusedAndNotRepeated() throws Exception {
    Status ending = ending(ClientWorker.hello("a\u001b[2J\u202e", 1002));
    assertEquals(
        "a worker's name holds characters that can't be printed: 'a\uFFFD[2J\uFFFD'",
        ending.getDescription());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nowhere", "127.0.0.1:0", "127.0.0.1:65536", ":80", "a b:80", "\u001b[2J:80"})
  void anAddressIsOneThatMayExist(String address) throws Exception {
    Status ending = ending(ClientWorker.hello("b", 1002).setCollectiveAddress(address));
    assertEquals(Status.Code.INVALID_ARGUMENT, ending.getCode());
    assertTrue(
        String.valueOf(ending.getDescription())
            .startsWith("a worker's collective address has to be HOST:PORT, not '"),
        ending::toString);
  }

  @Test
  void aMessageHasALimit() throws Exception {
    Status ending = ending(ClientWorker.hello("x".repeat(TOO_MUCH), 1002));
    // A stream that was challenged can only be reset.
    assertEquals(Status.Code.CANCELLED, ending.getCode());
  }

  @Test
  void aMessageAfterTheHelloHasTheSameLimit() throws Exception {
    ClientWorker stranger = new ClientWorker(channel, "b", 1002);
    stranger.expect(KindCase.WELCOME);
    stranger.say(
        WorkerMessage.newBuilder()
            .setFailure(Failure.newBuilder().setMessage("x".repeat(TOO_MUCH)))
            .build());
    // A stream that has been answered before can only be reset.
    assertEquals(Status.Code.CANCELLED, stranger.ending().getCode());
    while (CoordinatorGrpc.newBlockingStub(channel)
            .getStatus(GetStatusRequest.getDefaultInstance())
            .getWorkersCount()
        > 0) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aMessageThatCantBeReadEndsItsCallAlone() throws Exception {
    MethodDescriptor<InputStream, InputStream> raw =
        CoordinatorGrpc.getJoinMethod().toBuilder(Bytes.INSTANCE, Bytes.INSTANCE).build();
    CompletableFuture<Status> ending = new CompletableFuture<>();
    AtomicBoolean greeted = new AtomicBoolean();
    ClientCall<InputStream, InputStream> call = channel.newCall(raw, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(InputStream answer) {
            call.sendMessage(
                new ByteArrayInputStream(
                    greeted.getAndSet(true) ? new byte[] {10, 100, 1} : helloTo(answer)));
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ending.complete(status);
          }
        },
        new Metadata());
    call.request(1);
    assertEquals(Status.Code.INVALID_ARGUMENT, ending.get().getCode());
    while (CoordinatorGrpc.newBlockingStub(channel)
            .getStatus(GetStatusRequest.getDefaultInstance())
            .getWorkersCount()
        > 0) {
      Thread.onSpinWait();
    }
  }

  private static byte[] helloTo(InputStream challenge) {
    try {
      ByteString nonce = CoordinatorMessage.parseFrom(challenge).getChallenge().getNonce();
      return WorkerMessage.newBuilder()
          .setHello(ClientWorker.signed(ClientWorker.hello("b", 1002), nonce))
          .build()
          .toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Messages as they are. */
  private enum Bytes implements MethodDescriptor.Marshaller<InputStream> {
    INSTANCE;

    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return stream;
    }
  }

  @Test
  void aStreamBeginsWithAHello() throws Exception {
    Status ending =
        ending(WorkerMessage.newBuilder().setReady(Ready.newBuilder().setGeneration(1)).build());
    assertEquals("the first message must be hello, not READY", ending.getDescription());
    assertEquals(
        "the first message must be hello, not KIND_NOT_SET",
        ending(WorkerMessage.getDefaultInstance()).getDescription());
  }
}
