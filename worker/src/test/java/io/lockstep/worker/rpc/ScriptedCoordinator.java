package io.lockstep.worker.rpc;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.coordinator.v1.Challenge;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Stop;
import io.lockstep.proto.coordinator.v1.Welcome;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A coordinator's port behind which a test decides what is said. */
final class ScriptedCoordinator implements AutoCloseable {

  private static final int TIMEOUT_SECONDS = 20;

  private final Server server;
  private final BlockingQueue<Worker> workers = new LinkedBlockingQueue<>();

  /** A stream that a worker has opened, from the coordinator's side. */
  static final class Worker implements StreamObserver<WorkerMessage> {
    private final StreamObserver<CoordinatorMessage> out;
    private final BlockingQueue<WorkerMessage> heard = new LinkedBlockingQueue<>();
    private final byte[] challenge = new byte[32];
    private volatile boolean ended;

    private Worker(StreamObserver<CoordinatorMessage> out) {
      this.out = out;
      new SecureRandom().nextBytes(challenge);
    }

    @Override
    public void onNext(WorkerMessage message) {
      heard.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      ended = true;
    }

    @Override
    public void onCompleted() {
      ended = true;
      out.onCompleted();
    }

    boolean hasEnded() {
      return ended;
    }

    /** The next message of a kind; others before it are skipped. */
    WorkerMessage await(Predicate<WorkerMessage> kind) throws InterruptedException {
      while (true) {
        @Nullable WorkerMessage message = heard.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
          throw new AssertionError("the worker has not said that");
        }
        if (kind.test(message)) {
          return message;
        }
      }
    }

    Hello hello() throws InterruptedException {
      return await(WorkerMessage::hasHello).getHello();
    }

    /** What the worker has to sign. */
    private void challenge() {
      say(
          CoordinatorMessage.newBuilder()
              .setChallenge(Challenge.newBuilder().setNonce(ByteString.copyFrom(challenge))));
    }

    /** The bytes that this stream began with, drawn for it. */
    byte[] challenged() {
      return challenge.clone();
    }

    void welcome(String token, long silenceMillis) {
      say(
          CoordinatorMessage.newBuilder()
              .setWelcome(
                  Welcome.newBuilder()
                      .setRunConfig("run: {}")
                      .setHeartbeatMillis(20)
                      .setCollectiveToken(token)
                      .setSilenceMillis(silenceMillis)));
    }

    void say(CoordinatorMessage.Builder message) {
      out.onNext(message.build());
    }

    void stop(String reason, boolean rejoin) {
      say(
          CoordinatorMessage.newBuilder()
              .setStop(Stop.newBuilder().setReason(reason).setRejoin(rejoin)));
    }

    void finish(String reason) {
      say(
          CoordinatorMessage.newBuilder()
              .setStop(Stop.newBuilder().setReason(reason).setFinished(true)));
    }

    void breakOff() {
      out.onError(Status.UNAVAILABLE.asRuntimeException());
    }
  }

  private ScriptedCoordinator(int port) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(
                new CoordinatorGrpc.CoordinatorImplBase() {
                  @Override
                  public StreamObserver<WorkerMessage> join(
                      StreamObserver<CoordinatorMessage> out) {
                    Worker worker = new Worker(out);
                    worker.challenge();
                    workers.add(worker);
                    return worker;
                  }
                })
            .build()
            .start();
  }

  static ScriptedCoordinator start() throws IOException {
    return new ScriptedCoordinator(0);
  }

  static ScriptedCoordinator startAt(int port) throws IOException {
    return new ScriptedCoordinator(port);
  }

  int port() {
    return server.getPort();
  }

  Endpoint endpoint() {
    return Endpoint.local(port());
  }

  /** The next worker that opens a stream. */
  Worker worker() throws InterruptedException {
    @Nullable Worker worker = workers.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (worker == null) {
      throw new AssertionError("no worker has come");
    }
    return worker;
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow();
    server.awaitTermination();
  }
}
