package io.lockstep.gateway;

import io.lockstep.gateway.handoff.HandOff;
import io.lockstep.gateway.rpc.CoordinatorWatch;
import io.lockstep.gateway.rpc.RpcServer;
import io.lockstep.gateway.rpc.ServingHealth;
import io.lockstep.gateway.serving.Background;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.CertificatePolicy;
import io.lockstep.gateway.serving.CheckpointModel;
import io.lockstep.tensor.Torch;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** A running gateway. */
public final class GatewayServer implements AutoCloseable {

  /** What to close, the last thing started first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private final Batcher batcher;
  private final RpcServer rpc;

  private GatewayServer(GatewayOptions options, HandOff.ModelOpener opener) {
    ServingHealth health = new ServingHealth();
    InetSocketAddress address = options.listen().resolve();
    batcher = new Batcher(options.maxBatch(), options.queueCapacity(), options.memory(), health);
    parts.push(batcher);
    try {
      rpc =
          RpcServer.start(
              address,
              batcher,
              health,
              new RpcServer.Options(
                  options.listen().security(),
                  options.limits(),
                  options.memory().arrivingBytes(),
                  2 * options.maxBatch(),
                  options.logRequests()));
      // Closed after the batcher: calls end only when their jobs have ended.
      parts.addLast(rpc);
      HandOff handOff = new HandOff(opener, batcher);
      switch (options.source()) {
        case ModelSource.Folder(var dir, var _) -> handOff.serveFolder(dir);
        case ModelSource.Coordinator run -> follow(run, handOff);
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Starts a gateway. With a folder it answers when this returns; with a coordinator it listens
   * when this returns and answers from the first committed checkpoint on.
   *
   * @throws IllegalArgumentException if an option makes no sense
   * @throws RuntimeException in one line if the port can't be had or the folder's model can't be
   *     loaded
   */
  public static GatewayServer start(GatewayOptions options, HandOff.ModelOpener opener) {
    return new GatewayServer(options, opener);
  }

  /**
   * Starts a gateway on checkpoints, as {@link #start(GatewayOptions, HandOff.ModelOpener)} does.
   *
   * @param threads threads that one operator of the model may use
   */
  public static GatewayServer start(GatewayOptions options, int threads) {
    Torch.start(threads);
    CertificatePolicy policy = options.source().policy();
    return start(
        options,
        (dir, steps) -> CheckpointModel.open(dir, steps, policy, options.limits().maxModelLen()));
  }

  /** The port it listens on. */
  public int port() {
    return rpc.port();
  }

  /**
   * Says NOT_SERVING, refuses new requests and waits until those that it has are answered, or for
   * so long.
   *
   * @return whether all of them were
   */
  public boolean drain(Duration limit) {
    return batcher.drain(limit);
  }

  /** Fails what waits, stops listening and frees the model. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        throw new IllegalStateException("the gateway can't be closed: " + e, e);
      }
    }
  }

  private void follow(ModelSource.Coordinator run, HandOff handOff) {
    ScheduledExecutorService executor =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("hand-off").daemon().factory());
    // Reading and checking a checkpoint can wait, answers can't.
    executor.execute(Background::enter);
    parts.push(executor::shutdownNow);
    parts.push(
        CoordinatorWatch.start(
            run.target(),
            run.security(),
            executor,
            checkpoint -> {
              handOff.offer(checkpoint);
              executor.execute(handOff::serveNewest);
            }));
  }
}
