package io.lockstep.coordinator.rpc;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.coordinator.v1.Applied;
import io.lockstep.proto.coordinator.v1.BucketResult;
import io.lockstep.proto.coordinator.v1.CheckpointFile;
import io.lockstep.proto.coordinator.v1.CheckpointPart;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage.KindCase;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Holding;
import io.lockstep.proto.coordinator.v1.Membership;
import io.lockstep.proto.coordinator.v1.Ready;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.VirtualRankResult;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.proto.coordinator.v1.World;
import io.lockstep.security.ProcessKey;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.InflaterInputStream;

/** A worker without a model: speaks the protocol through a generated stub, one call at a time. */
final class ClientWorker {
  private static final int VIRTUAL_RANKS = 4;
  private static final long TIMEOUT_SECONDS = 20;
  private static final ProcessKey KEY = ProcessKey.draw();

  private final LinkedBlockingQueue<CoordinatorMessage> inbox = new LinkedBlockingQueue<>();
  private final StreamObserver<WorkerMessage> out;
  private final WorkerMessage first;

  private final CompletableFuture<Status> refusal = new CompletableFuture<>();

  ClientWorker(ManagedChannel channel, String name, int collectivePort, Holding... holdings)
      throws InterruptedException {
    this(
        channel,
        WorkerMessage.newBuilder()
            .setHello(hello(name, collectivePort).addAllHoldings(List.of(holdings)))
            .build());
  }

  /** With a first message of its own making; a hello without a signature is signed. */
  ClientWorker(ManagedChannel channel, WorkerMessage first) throws InterruptedException {
    out = CoordinatorGrpc.newStub(channel).join(new Inbox(inbox, refusal));
    this.first =
        first.hasHello() && first.getHello().getSignature().isEmpty() ? signed(first) : first;
    say(this.first);
  }

  /** What it has said first, which a stranger may have heard. */
  WorkerMessage first() {
    return first;
  }

  private WorkerMessage signed(WorkerMessage first) throws InterruptedException {
    ByteString challenge = expect(KindCase.CHALLENGE).getChallenge().getNonce();
    Hello.Builder hello = first.getHello().toBuilder();
    return WorkerMessage.newBuilder().setHello(signed(hello, challenge)).build();
  }

  /** As the tests' process says it on the stream of a challenge. */
  static Hello.Builder signed(Hello.Builder hello, ByteString challenge) {
    return signed(KEY, hello, challenge);
  }

  /** As the process of a key says it on the stream of a challenge. */
  static Hello.Builder signed(ProcessKey key, Hello.Builder hello, ByteString challenge) {
    byte[] signature =
        key.sign(challenge.toByteArray(), hello.getWorkerId(), hello.getCollectiveAddress());
    return hello.setSignature(ByteString.copyFrom(signature));
  }

  static Hello.Builder hello(String name, int collectivePort) {
    return Hello.newBuilder()
        .setWorkerId(name)
        .setCollectiveAddress("127.0.0.1:" + collectivePort)
        .setCapability("test")
        .setIncarnation(KEY.name());
  }

  static Holding holding(int rank, int world, long steps, boolean reducedNext) {
    return Holding.newBuilder()
        .setRank(rank)
        .setWorld(world)
        .setBuddy(true)
        .setSteps(steps)
        .setReducedNext(reducedNext)
        .build();
  }

  /** Why its stream ended. */
  String refusal() throws Exception {
    return String.valueOf(ending().getDescription());
  }

  /** How its stream ended. */
  Status ending() throws Exception {
    return refusal.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  void say(WorkerMessage message) {
    out.onNext(message);
  }

  /** The next message, which has to be of this kind. */
  CoordinatorMessage expect(KindCase kind) throws InterruptedException {
    CoordinatorMessage message = inbox.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (message == null || message.getKindCase() != kind) {
      throw new AssertionError("expected " + kind + ", got " + message);
    }
    return message;
  }

  /** What all members of a generation are told. */
  static Membership membership(World world) throws IOException {
    return Membership.parseFrom(new InflaterInputStream(world.getMembership().newInput()));
  }

  void ready() {
    out.onNext(WorkerMessage.newBuilder().setReady(Ready.newBuilder().setGeneration(1)).build());
  }

  /** Reports the virtual ranks and the one bucket that are {@code rank}'s among so many members. */
  void reduced(long step, int rank, int world) {
    Reduced.Builder reduced = Reduced.newBuilder().setGeneration(1).setStep(step);
    int share = VIRTUAL_RANKS / world;
    for (int virtualRank = rank * share; virtualRank < (rank + 1) * share; virtualRank++) {
      reduced.addVirtualRanks(
          VirtualRankResult.newBuilder()
              .setVirtualRank(virtualRank)
              .setLossSum(1.5 * (virtualRank + 1))
              .setTokens(10)
              .setCorrectTokens(3));
    }
    reduced.addBuckets(
        BucketResult.newBuilder().setBucket(rank).setSquareSum(800).setCrc32C(0xfedcba98 + rank));
    out.onNext(WorkerMessage.newBuilder().setReduced(reduced).build());
  }

  void applied(long step) {
    out.onNext(
        WorkerMessage.newBuilder()
            .setApplied(Applied.newBuilder().setGeneration(1).setStep(step))
            .build());
  }

  void partWritten(long steps, CheckpointFile... files) {
    CheckpointPart.Builder part = CheckpointPart.newBuilder().setGeneration(1).setSteps(steps);
    for (CheckpointFile file : files) {
      part.addFiles(file);
    }
    out.onNext(WorkerMessage.newBuilder().setCheckpointPart(part).build());
  }

  /** Ends the stream the way a worker does that has nothing more to say. */
  void leave() {
    out.onCompleted();
  }

  private record Inbox(
      LinkedBlockingQueue<CoordinatorMessage> messages, CompletableFuture<Status> refusal)
      implements StreamObserver<CoordinatorMessage> {

    @Override
    public void onNext(CoordinatorMessage message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable error) {
      refusal.complete(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {}
  }
}
