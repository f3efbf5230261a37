package io.lockstep.gateway;

import io.lockstep.gateway.handoff.HandOff;
import io.lockstep.gateway.rpc.CoordinatorWatch;
import io.lockstep.gateway.rpc.RpcServer;
import io.lockstep.gateway.rpc.ServingHealth;
import io.lockstep.gateway.serving.Background;
import io.lockstep.gateway.serving.Batcher;
import io.lockstep.gateway.serving.CertificatePolicy;
import io.lockstep.gateway.serving.CheckpointModel;
import io.lockstep.gateway.serving.ModelIdentity;
import io.lockstep.gateway.serving.ServingWatch;
import io.lockstep.tensor.Torch;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A running gateway. */
public final class GatewayServer implements AutoCloseable {

  /** What to close, the last thing started first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private final Batcher batcher;
  private final RpcServer rpc;

  /** The run that is followed. */
  private final AtomicReference<@Nullable CoordinatorWatch> followed = new AtomicReference<>();

  private GatewayServer(GatewayOptions options, HandOff.ModelOpener opener, ServingWatch watch) {
    ServingHealth health = new ServingHealth();
    InetSocketAddress address = options.listen().resolve();
    batcher =
        new Batcher(
            options.maxBatch(),
            options.queueCapacity(),
            options.memory(),
            all(List.of(health, watch, new Reporter(followed))),
            watch);
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
      watch.onListening();
      HandOff handOff = new HandOff(opener, batcher, watch);
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
    return new GatewayServer(options, opener, ServingWatch.NONE);
  }

  /** Starts a gateway as {@link #start(GatewayOptions, HandOff.ModelOpener)} does, watched. */
  public static GatewayServer start(
      GatewayOptions options, HandOff.ModelOpener opener, ServingWatch watch) {
    return new GatewayServer(options, opener, watch);
  }

  private static Batcher.Listener all(List<Batcher.Listener> listeners) {
    return new Batcher.Listener() {
      @Override
      public void onServing(ModelIdentity model) {
        listeners.forEach(each -> each.onServing(model));
      }

      @Override
      public void onStopped() {
        listeners.forEach(Batcher.Listener::onStopped);
      }
    };
  }

  /** Tells the run that is followed what is served. */
  private record Reporter(AtomicReference<@Nullable CoordinatorWatch> followed)
      implements Batcher.Listener {

    @Override
    public void onServing(ModelIdentity model) {
      CoordinatorWatch run = followed.get();
      if (run != null) {
        run.serves(model);
      }
    }

    @Override
    public void onStopped() {}
  }

  /**
   * Starts a gateway on checkpoints, as {@link #start(GatewayOptions, HandOff.ModelOpener)} does.
   *
   * @param threads threads that one operator of the model may use
   */
  public static GatewayServer start(GatewayOptions options, int threads) {
    return start(options, threads, ServingWatch.NONE);
  }

  /** Starts a gateway as {@link #start(GatewayOptions, int)} does, watched. */
  public static GatewayServer start(GatewayOptions options, int threads, ServingWatch watch) {
    Torch.start(threads);
    CertificatePolicy policy = options.source().policy();
    return start(
        options,
        (dir, steps) -> CheckpointModel.open(dir, steps, policy, options.limits().maxModelLen()),
        watch);
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

  /** Calls that were refused for their token. */
  public long refusedCalls() {
    return rpc.refusedCalls();
  }

  /** Connections that ended without a request. */
  public long droppedConnections() {
    return rpc.droppedConnections();
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
    CoordinatorWatch watch =
        CoordinatorWatch.start(
            run.target(),
            run.security(),
            executor,
            checkpoint -> {
              handOff.offer(checkpoint);
              executor.execute(handOff::serveNewest);
            });
    parts.push(watch);
    followed.set(watch);
    // What came to be served before the watch was known.
    batcher.identity().ifPresent(watch::serves);
  }
}
