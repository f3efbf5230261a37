package io.lockstep.worker.rpc;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** One gRPC stream to a coordinator over a connection of its own. Thread-safe. */
final class Stream implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final ManagedChannel channel;
  private final StreamObserver<WorkerMessage> requests;
  private volatile long heardNanos = System.nanoTime();
  private volatile boolean ended;

  /** Called on gRPC's threads. */
  interface Listener {
    /** A message came. */
    void heard(Stream from, CoordinatorMessage message);

    /** The stream is over. */
    void ended(Stream from, Status status);
  }

  Stream(Endpoint coordinator, ClientSecurity security, Listener listener) {
    channel = security.channel(coordinator).build();
    requests = CoordinatorGrpc.newStub(channel).join(new Responses(listener));
  }

  private final class Responses implements StreamObserver<CoordinatorMessage> {
    private final Listener listener;

    Responses(Listener listener) {
      this.listener = listener;
    }

    @Override
    public void onNext(CoordinatorMessage message) {
      heardNanos = System.nanoTime();
      listener.heard(Stream.this, message);
    }

    @Override
    public void onError(Throwable failure) {
      ended = true;
      listener.ended(Stream.this, Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      ended = true;
      listener.ended(Stream.this, Status.OK);
    }
  }

  /** Time since the last message. */
  long silenceNanos() {
    return System.nanoTime() - heardNanos;
  }

  /** Sends a message; nothing is sent on a stream that is over. */
  synchronized void send(WorkerMessage message) {
    if (!ended) {
      requests.onNext(message);
    }
  }

  /** Ends the stream and its connection; messages sent before still go out. */
  @Override
  public void close() {
    synchronized (this) {
      if (!ended) {
        ended = true;
        requests.onCompleted();
      }
    }
    channel.shutdown();
    if (Thread.currentThread().getName().startsWith("grpc-")) {
      return;
    }
    try {
      if (!channel.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        channel.shutdownNow();
      }
    } catch (InterruptedException e) {
      channel.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
