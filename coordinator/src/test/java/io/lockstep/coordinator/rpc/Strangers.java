package io.lockstep.coordinator.rpc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.coordinator.v1.Applied;
import io.lockstep.proto.coordinator.v1.Broken;
import io.lockstep.proto.coordinator.v1.BucketResult;
import io.lockstep.proto.coordinator.v1.CheckpointFile;
import io.lockstep.proto.coordinator.v1.CheckpointPart;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Failure;
import io.lockstep.proto.coordinator.v1.GetStatusRequest;
import io.lockstep.proto.coordinator.v1.Heartbeat;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Holding;
import io.lockstep.proto.coordinator.v1.Leaving;
import io.lockstep.proto.coordinator.v1.Ready;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.Stalled;
import io.lockstep.proto.coordinator.v1.Standing;
import io.lockstep.proto.coordinator.v1.VirtualRankResult;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.ProcessKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Strangers on the ports of a run of this machine, for a while: {@code Strangers SECONDS SEED
 * TRAINER_STATE COORDINATOR_PORT [COLLECTIVE_PORT ...]}. They say anything that the protocol can
 * express, in any order, to the coordinator, and send garbage, half a greeting or nothing to the
 * collectives. One in twenty claims the numerics that a checkpoint's trainer_state.json names, so
 * that nothing but its conduct tells it from a worker. Only the loopback interface is ever reached.
 * Prints how often each attack was made.
 */
public final class Strangers {
  private static final int MAGIC = 0x4c535448;
  private static final int LONG_TEXT = 3 << 20;
  private static final int CHALLENGE = 0x4c535443;
  private static final int MOST_HELD = 64;

  private final SplittableRandom random;
  private final ProcessKey key = ProcessKey.draw();
  private final Map<String, String> numerics = new TreeMap<>();
  private final int port;
  private final Map<String, Integer> made = new TreeMap<>();
  private long generation;
  private long step;
  private String listening = "127.0.0.1:9";

  private Strangers(long seed, Path trainerState, int port) throws IOException {
    this.random = new SplittableRandom(seed);
    this.port = port;
    JsonNode recorded = new ObjectMapper().readTree(trainerState.toFile()).path("numerics");
    recorded.properties().forEach(one -> numerics.put(one.getKey(), one.getValue().asText()));
    if (numerics.isEmpty()) {
      throw new IllegalArgumentException(trainerState + " names no numerics");
    }
  }

  /** Seconds, seed, a checkpoint's state, the coordinator's port, then those of collectives. */
  public static void main(String[] arguments) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(arguments[0]));
    List<Integer> collectives = new ArrayList<>();
    for (int i = 4; i < arguments.length; i++) {
      collectives.add(Integer.parseInt(arguments[i]));
    }
    Strangers strangers =
        new Strangers(
            Long.parseLong(arguments[1]), Path.of(arguments[2]), Integer.parseInt(arguments[3]));
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      strangers.listening = "127.0.0.1:" + silent.getLocalPort();
      strangers.attack(end, collectives);
    }
    System.out.println(strangers.made);
  }

  private void attack(long end, List<Integer> collectives) throws Exception {
    List<Socket> held = new ArrayList<>();
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port)
            .maxInboundMessageSize(64 << 20)
            .usePlaintext()
            .build();
    try {
      while (System.nanoTime() < end) {
        lookAround(channel);
        talk(channel);
        for (int collective : collectives) {
          knock(collective, held);
        }
        while (held.size() > MOST_HELD) {
          held.removeFirst().close();
        }
        Thread.sleep(random.nextInt(50));
      }
    } finally {
      for (Socket socket : held) {
        socket.close();
      }
      channel.shutdownNow();
    }
  }

  private void count(String attack) {
    made.merge(attack, 1, Integer::sum);
  }

  /** What is going on, so that some of what is said is nearly right. */
  private void lookAround(ManagedChannel channel) {
    try {
      var status =
          CoordinatorGrpc.newBlockingStub(channel)
              .withDeadlineAfter(2, TimeUnit.SECONDS)
              .getStatus(GetStatusRequest.getDefaultInstance());
      generation = status.getGeneration();
      step = status.getSteps();
    } catch (io.grpc.StatusRuntimeException unreachable) {
      count("status that wasn't answered");
    }
  }

  // ---- the coordinator

  private void talk(ManagedChannel channel) throws InterruptedException {
    CompletableFuture<ByteString> challenge = new CompletableFuture<>();
    StreamObserver<WorkerMessage> out = CoordinatorGrpc.newStub(channel).join(new Deaf(challenge));
    if (random.nextInt(10) != 0) {
      out.onNext(greeting(challenge));
    }
    for (int said = random.nextInt(6); said > 0; said--) {
      WorkerMessage.Builder message = anything();
      count(message.getKindCase().toString());
      out.onNext(message.build());
      Thread.sleep(random.nextInt(10));
    }
    switch (random.nextInt(3)) {
      case 0 -> out.onCompleted();
      case 1 -> out.onError(new IOException("enough"));
      default -> {}
    }
  }

  /** Most sign their hello as they should, so that what they say afterwards is heard. */
  private WorkerMessage greeting(CompletableFuture<ByteString> challenge) {
    Hello.Builder hello = hello().getHello().toBuilder();
    ByteString nonce = challenge.completeOnTimeout(ByteString.EMPTY, 2, TimeUnit.SECONDS).join();
    if (random.nextInt(5) == 0) {
      count("a hello that is signed for another stream");
      nonce = ByteString.copyFromUtf8("another");
    }
    hello.setIncarnation(key.name());
    return WorkerMessage.newBuilder().setHello(ClientWorker.signed(key, hello, nonce)).build();
  }

  private record Deaf(CompletableFuture<ByteString> challenge)
      implements StreamObserver<CoordinatorMessage> {
    @Override
    public void onNext(CoordinatorMessage message) {
      if (message.hasChallenge()) {
        challenge.complete(message.getChallenge().getNonce());
      }
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {}
  }

  private String text() {
    return switch (random.nextInt(6)) {
      case 0 -> "";
      case 1 -> "x".repeat(random.nextInt(LONG_TEXT));
      case 2 -> "\u001b[2J\u001b]0;owned\u0007\r\n\0\u202e\u2028";
      case 3 -> "worker-" + random.nextInt(4);
      default -> "stranger-" + random.nextInt(100);
    };
  }

  private WorkerMessage.Builder hello() {
    Hello.Builder hello =
        Hello.newBuilder()
            .setWorkerId(random.nextInt(3) == 0 ? text() : "stranger-" + random.nextInt(1000))
            .setCollectiveAddress(random.nextInt(4) == 0 ? text() : listening)
            .setCapability(random.nextInt(4) == 0 ? text() : "strange")
            .setIncarnation(text())
            .setLoading(random.nextBoolean())
            .setNode(random.nextInt(4) == 0 ? text() : "nowhere");
    if (random.nextInt(20) == 0) {
      count("a hello with the run's numerics");
      hello
          .putAllNumerics(numerics)
          .setWorkerId("stranger-" + random.nextInt(8))
          .setCollectiveAddress(listening);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      hello.addHoldings(
          Holding.newBuilder()
              .setRank(random.nextInt(-1, 3))
              .setWorld(random.nextInt(0, 4))
              .setSteps(someStep())
              .setReducedNext(random.nextBoolean()));
    }
    return WorkerMessage.newBuilder().setHello(hello);
  }

  private long someGeneration() {
    return random.nextInt(4) == 0 ? random.nextLong(-3, 100) : generation + random.nextInt(-1, 2);
  }

  private long someStep() {
    return random.nextInt(6) == 0 ? random.nextLong() : step + random.nextInt(-2, 3);
  }

  private WorkerMessage.Builder anything() {
    WorkerMessage.Builder message = WorkerMessage.newBuilder();
    Broken broken =
        Broken.newBuilder()
            .setGeneration(someGeneration())
            .setPeer(random.nextInt(-2, 5))
            .setWhat(text())
            .build();
    switch (random.nextInt(13)) {
      case 0 -> message.setReady(Ready.newBuilder().setGeneration(someGeneration()));
      case 1 -> message.setReady(Ready.getDefaultInstance());
      case 2 -> message.setReduced(reduced());
      case 3 ->
          message.setApplied(
              Applied.newBuilder().setGeneration(someGeneration()).setStep(someStep()));
      case 4 ->
          message.setCheckpointPart(
              CheckpointPart.newBuilder()
                  .setGeneration(someGeneration())
                  .setSteps(someStep())
                  .addFiles(
                      CheckpointFile.newBuilder()
                          .setPath(random.nextBoolean() ? "../../etc/passwd" : text())
                          .setBytes(random.nextLong())
                          .setSha256(text())));
      case 5 -> message.setFailure(Failure.newBuilder().setMessage(text()));
      case 6 -> message.setBroken(broken);
      case 7 -> message.setLeaving(Leaving.newBuilder().setReason(text()));
      case 8 ->
          message.setStalled(
              Stalled.newBuilder()
                  .setGeneration(someGeneration())
                  .setPeer(random.nextInt(-2, 5))
                  .setWhat(text()));
      case 9 -> message.setHello(hello().getHello());
      case 10 -> {}
      default ->
          message.setHeartbeat(
              Heartbeat.newBuilder()
                  .setGeneration(someGeneration())
                  .setActivity(text())
                  .setStanding(
                      Standing.newBuilder()
                          .setLoading(random.nextBoolean())
                          .setLeaving(random.nextInt(4) == 0 ? text() : "")
                          .setReady(someGeneration())
                          .addAwaited(random.nextInt(-1, 4))
                          .setBroken(broken)));
    }
    return message;
  }

  private Reduced reduced() {
    Reduced.Builder reduced =
        Reduced.newBuilder().setGeneration(someGeneration()).setStep(someStep());
    for (int i = random.nextInt(5); i > 0; i--) {
      reduced.addVirtualRanks(
          VirtualRankResult.newBuilder()
              .setVirtualRank(random.nextInt(-1, 9))
              .setLossSum(random.nextBoolean() ? Double.NaN : random.nextDouble())
              .setTokens(random.nextLong(-2, 99))
              .setCorrectTokens(random.nextLong(-2, 99)));
      reduced.addBuckets(
          BucketResult.newBuilder()
              .setBucket(random.nextInt(-1, 9))
              .setSquareSum(random.nextDouble() - 0.5));
    }
    return reduced.build();
  }

  // ---- the collectives

  private void knock(int collective, List<Socket> held) throws InterruptedException {
    try {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), collective);
      held.add(socket);
      switch (random.nextInt(4)) {
        case 0 -> count("collective: silence");
        case 1 -> {
          count("collective: garbage");
          byte[] garbage = new byte[random.nextInt(1, 1 << 16)];
          new java.util.Random(random.nextLong()).nextBytes(garbage);
          socket.getOutputStream().write(garbage);
        }
        case 2 -> {
          count("collective: half a greeting");
          socket.getOutputStream().write(greeting(), 0, random.nextInt(1, 50));
        }
        default -> {
          count("collective: a greeting of another run");
          socket.getOutputStream().write(greeting());
        }
      }
    } catch (IOException closed) {
      count("collective: closed on the way");
    }
  }

  private byte[] greeting() {
    ByteBuffer hello = ByteBuffer.allocate(6 * Integer.BYTES + Long.BYTES + 16 + 32);
    hello.putInt(MAGIC).putInt(random.nextInt(4) == 0 ? 9 : 3);
    hello.putLong(random.nextBoolean() ? Long.MAX_VALUE : 2 * generation + random.nextInt(4));
    hello.putInt(random.nextInt(4)).putInt(random.nextInt(4)).putInt(random.nextInt(1, 5));
    byte[] nonceAndProof = new byte[16 + 32];
    new java.util.Random(random.nextLong()).nextBytes(nonceAndProof);
    return hello.putInt(CHALLENGE).put(nonceAndProof).array();
  }
}
