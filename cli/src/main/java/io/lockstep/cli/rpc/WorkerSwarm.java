package io.lockstep.cli.rpc;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.lockstep.cli.console.UserError;
import io.lockstep.data.plan.Shard;
import io.lockstep.proto.coordinator.v1.Applied;
import io.lockstep.proto.coordinator.v1.BucketResult;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Heartbeat;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Ready;
import io.lockstep.proto.coordinator.v1.Reduced;
import io.lockstep.proto.coordinator.v1.VirtualRankResult;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.Endpoint;
import io.lockstep.security.ProcessKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Many workers that compute nothing, on few connections: they send heartbeats, report each step as
 * soon as they may, and measure how long its commit takes.
 */
public final class WorkerSwarm implements AutoCloseable {

  private static final int WORKERS_PER_CONNECTION = 500;
  private static final int BUCKETS_PER_WORKER = 2;
  private static final double NANOS = 1e9;

  private final Options options;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<SwarmWorker> workers = new ArrayList<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("swarm-heartbeats").factory());
  private final CompletableFuture<Status> failure = new CompletableFuture<>();
  private final AtomicLong heartbeats = new AtomicLong();
  private final AtomicLongArray lastReduced;
  private final AtomicLong firstLease = new AtomicLong();
  private final CountDownLatch done;
  private long firstHello;

  /** The workers are one process. */
  private final ProcessKey key = ProcessKey.draw();

  /** Nobody connects to them. */
  private static final int FIRST_PORT = 10_000;

  /**
   * What to do.
   *
   * @param heartbeat interval of every worker's heartbeats
   * @param warmup steps that are not measured
   * @param steps steps that are
   */
  public record Options(
      Endpoint coordinator, int workers, Duration heartbeat, int warmup, int steps) {}

  /**
   * What it took.
   *
   * @param rendezvousSeconds from the first Hello to the first lease, which is sent when everybody
   *     is ready
   * @param commitMedianSeconds over all measured steps and workers: from the last worker's REDUCED
   *     to this worker's COMMIT
   * @param commitP99Seconds what 99 % of those don't exceed
   * @param stepsPerSecond over the measured steps
   * @param heartbeatsPerSecond that were sent meanwhile, by all workers
   */
  public record Result(
      double rendezvousSeconds,
      double commitMedianSeconds,
      double commitP99Seconds,
      double stepsPerSecond,
      double heartbeatsPerSecond) {}

  public WorkerSwarm(Options options) {
    this.options = options;
    this.lastReduced = new AtomicLongArray(options.warmup() + options.steps());
    this.done = new CountDownLatch(options.workers());
  }

  /**
   * Joins, trains and measures.
   *
   * @throws UserError if that takes longer than {@code atMost}, or a worker is sent away
   */
  public Result run(Duration atMost) throws InterruptedException {
    int connections = Math.ceilDiv(options.workers(), WORKERS_PER_CONNECTION);
    for (int i = 0; i < connections; i++) {
      channels.add(ClientSecurity.NONE.channel(options.coordinator()).build());
    }
    firstHello = System.nanoTime();
    for (int i = 0; i < options.workers(); i++) {
      SwarmWorker worker = new SwarmWorker("worker-%06d".formatted(i), i);
      workers.add(worker);
      worker.join(channels.get(i % connections));
    }
    long interval = options.heartbeat().toMillis();
    var _ = timer.scheduleAtFixedRate(this::beat, interval, interval, TimeUnit.MILLISECONDS);
    await(atMost);
    return result();
  }

  private void await(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!done.await(100, TimeUnit.MILLISECONDS)) {
      if (failure.isDone()) {
        throw new UserError("a worker was sent away: " + failure.join().getDescription());
      }
      if (System.nanoTime() > deadline) {
        throw new UserError(
            "%d of %d workers have not done their steps after %d s"
                .formatted(done.getCount(), options.workers(), atMost.toSeconds()));
      }
    }
  }

  private void beat() {
    for (SwarmWorker worker : workers) {
      worker.beat();
    }
  }

  private Result result() {
    double[] seconds =
        workers.stream()
            .flatMapToDouble(
                worker -> Arrays.stream(worker.commitNanos).mapToDouble(n -> n / NANOS))
            .sorted()
            .toArray();
    long begin = lastReduced.get(options.warmup());
    long end = lastReduced.get(lastReduced.length() - 1);
    double measured = Math.max(end - begin, 1) / NANOS;
    double lifetime = (System.nanoTime() - firstHello) / NANOS;
    return new Result(
        (firstLease.get() - firstHello) / NANOS,
        quantile(seconds, 0.5),
        quantile(seconds, 0.99),
        (options.steps() - 1) / measured,
        heartbeats.get() / lifetime);
  }

  /** The least of these, which ascend, that {@code share} of them don't exceed. */
  private static double quantile(double[] ascending, double share) {
    return ascending[Math.max((int) Math.ceil(share * ascending.length) - 1, 0)];
  }

  @Override
  public void close() {
    timer.shutdownNow();
    channels.forEach(ManagedChannel::shutdownNow);
  }

  /** One of them. */
  private final class SwarmWorker implements StreamObserver<CoordinatorMessage> {
    private final String name;
    private final int index;
    private final long[] commitNanos = new long[options.steps()];
    private @Nullable StreamObserver<WorkerMessage> out;
    private long generation;
    private Shard shard = new Shard(0, 1, false);
    private long leasedUntil;
    private int step;
    private boolean finished;
    private volatile boolean greeted;

    SwarmWorker(String name, int index) {
      this.name = name;
      this.index = index;
    }

    void join(ManagedChannel channel) {
      synchronized (this) {
        out = CoordinatorGrpc.newStub(channel).join(this);
      }
    }

    private void greet(byte[] challenge) {
      String address = "127.0.0.1:" + (FIRST_PORT + index);
      send(
          WorkerMessage.newBuilder()
              .setHello(
                  Hello.newBuilder()
                      .setWorkerId(name)
                      .setCollectiveAddress(address)
                      .setCapability("none")
                      .setIncarnation(key.name())
                      .setSignature(ByteString.copyFrom(key.sign(challenge, name, address))))
              .build());
      greeted = true;
    }

    void beat() {
      if (!greeted) {
        return;
      }
      send(
          WorkerMessage.newBuilder()
              .setHeartbeat(
                  Heartbeat.newBuilder().setGeneration(1).setActivity("computing step " + step))
              .build());
      heartbeats.incrementAndGet();
    }

    private synchronized void send(WorkerMessage message) {
      StreamObserver<WorkerMessage> stream = out;
      if (stream != null) {
        stream.onNext(message);
      }
    }

    @Override
    public void onNext(CoordinatorMessage message) {
      switch (message.getKindCase()) {
        case CHALLENGE -> greet(message.getChallenge().getNonce().toByteArray());
        case WORLD -> {
          generation = message.getWorld().getGeneration();
          shard = new Shard(message.getWorld().getRank(), options.workers(), true);
          send(
              WorkerMessage.newBuilder()
                  .setReady(Ready.newBuilder().setGeneration(generation))
                  .build());
        }
        case LEASE -> {
          firstLease.compareAndSet(0, System.nanoTime());
          boolean idle = step == leasedUntil;
          leasedUntil = message.getLease().getFirstStep() + message.getLease().getSteps();
          if (idle) {
            reduce();
          }
        }
        case COMMIT -> committed();
        case STOP ->
            failure.complete(Status.ABORTED.withDescription(message.getStop().getReason()));
        // The run that a swarm takes part in has no held-out records.
        case WELCOME, SAVE_CHECKPOINT, EVALUATE, EVALUATION, PULSE, KIND_NOT_SET -> {}
      }
    }

    private void committed() {
      long waited = System.nanoTime() - lastReduced.get(step);
      if (step >= options.warmup()) {
        commitNanos[step - options.warmup()] = waited;
      }
      send(
          WorkerMessage.newBuilder()
              .setApplied(Applied.newBuilder().setGeneration(generation).setStep(step))
              .build());
      step++;
      if (step == lastReduced.length()) {
        finished = true;
        done.countDown();
      } else if (step < leasedUntil) {
        reduce();
      }
    }

    private void reduce() {
      if (finished) {
        return;
      }
      Reduced.Builder reduced = Reduced.newBuilder().setGeneration(generation).setStep(step);
      reduced.addVirtualRanks(
          VirtualRankResult.newBuilder()
              .setVirtualRank(shard.rank())
              .setLossSum(1.5)
              .setTokens(10)
              .setCorrectTokens(3));
      Shard.Span owned = shard.owned(BUCKETS_PER_WORKER * options.workers());
      for (int bucket = owned.first(); bucket < owned.end(); bucket++) {
        reduced.addBuckets(
            BucketResult.newBuilder().setBucket(bucket).setSquareSum(2).setCrc32C(bucket));
      }
      WorkerMessage message = WorkerMessage.newBuilder().setReduced(reduced).build();
      lastReduced.accumulateAndGet(step, System.nanoTime(), Math::max);
      send(message);
    }

    @Override
    public void onError(Throwable error) {
      failure.complete(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      failure.complete(Status.ABORTED.withDescription("the coordinator ended the stream"));
    }
  }
}
