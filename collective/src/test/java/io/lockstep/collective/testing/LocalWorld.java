package io.lockstep.collective.testing;

import io.lockstep.collective.Collective;
import io.lockstep.collective.tcp.Peer;
import io.lockstep.collective.tcp.TcpListener;
import io.lockstep.collective.tcp.TcpOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Several ranks inside one JVM, connected over real loopback sockets, or by another transport. */
public final class LocalWorld implements AutoCloseable {

  public static final String TOKEN = "b7c1d2e3f4a5968778695a4b3c2d1e0f";
  public static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What one rank does. */
  public interface RankTask {
    void run(Collective collective) throws Exception;
  }

  public final List<TcpListener> listeners = new ArrayList<>();
  public final List<Collective> ranks = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** How the ranks connect from now on. */
  public TcpOptions options = TcpOptions.standard();

  /** Stand between ranks: the dialling rank's way to the listening one. */
  private final List<Detour> detours = new ArrayList<>();

  private record Detour(int from, int to, Peer way) {}

  private final Transport transport;

  private LocalWorld(Transport transport) {
    this.transport = transport;
  }

  /** Makes a rank reach a lower one at another port from the next connect on. */
  public void detour(int from, int to, int port) {
    detours.add(new Detour(from, to, new Peer(to, "w" + to, "127.0.0.1", port)));
  }

  /** Ranks that are yet to be connected, over TCP. */
  public static LocalWorld listening(int size) throws IOException {
    return listening(size, Transport.tcp());
  }

  /** Ranks that are yet to be connected; the transport is closed with this. */
  public static LocalWorld listening(int size, Transport transport) throws IOException {
    LocalWorld world = new LocalWorld(transport);
    for (int rank = 0; rank < size; rank++) {
      world.listeners.add(TcpListener.open("127.0.0.1", 0, transport.tls()));
    }
    return world;
  }

  /** Ranks that are connected to each other over TCP. */
  public static LocalWorld connected(int size) throws Exception {
    return connected(size, Transport.tcp());
  }

  /** Ranks that are connected to each other. */
  public static LocalWorld connected(int size, Transport transport) throws Exception {
    LocalWorld world = listening(size, transport);
    world.connect(1);
    return world;
  }

  /** Connects all ranks as a new generation. */
  public void connect(long generation) throws Exception {
    List<Future<Collective>> connecting = new ArrayList<>();
    for (int rank = 0; rank < listeners.size(); rank++) {
      connecting.add(connecting(generation, rank));
    }
    ranks.clear();
    for (Future<Collective> future : connecting) {
      ranks.add(future.get());
    }
  }

  public Future<Collective> connecting(long generation, int rank) {
    return connecting(generation, rank, TOKEN, TIMEOUT);
  }

  public Future<Collective> connecting(long generation, int rank, String token, Duration timeout) {
    return threads.submit(() ->
        transport.connect(
            new Transport.Place(
                listeners.get(rank), token, generation, rank, peers(rank), timeout, options)));
  }

  private List<Peer> peers(int rank) {
    List<Peer> peers = peers();
    for (Detour detour : detours) {
      if (detour.from() == rank) {
        peers.set(detour.to(), detour.way());
      }
    }
    return peers;
  }

  public List<Peer> peers() {
    List<Peer> peers = new ArrayList<>();
    for (int rank = 0; rank < listeners.size(); rank++) {
      TcpListener listener = listeners.get(rank);
      peers.add(new Peer(rank, "w" + rank, listener.host(), listener.port()));
    }
    return peers;
  }

  /** Starts what a rank does. */
  public Future<?> start(int rank, RankTask task) {
    Collective collective = ranks.get(rank);
    return threads.submit(() -> {
      task.run(collective);
      return rank;
    });
  }

  /** Runs the same on all ranks at once and waits for all. */
  public void runAll(RankTask task) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      running.add(start(rank, task));
    }
    for (Future<?> future : running) {
      future.get();
    }
  }

  /** What a rank's task threw. */
  public static Throwable failureOf(Future<?> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      return e.getCause() == null ? e : e.getCause();
    }
    throw new AssertionError("succeeded");
  }

  /** A rank's process ends without a word. */
  public void kill(int rank) {
    transport.kill(rank);
    listeners.get(rank).close();
  }

  @Override
  public void close() {
    ranks.forEach(Collective::close);
    listeners.forEach(TcpListener::close);
    threads.shutdownNow();
    threads.close();
    transport.close();
  }
}
