package io.lockstep.collective.tcp;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Several ranks inside one JVM, connected over real loopback sockets. */
public final class LocalWorld implements AutoCloseable {

  static final String TOKEN = "b7c1d2e3f4a5968778695a4b3c2d1e0f";
  static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What one rank does. */
  public interface RankTask {
    void run(TcpCollective collective) throws Exception;
  }

  final List<TcpListener> listeners = new ArrayList<>();
  final List<TcpCollective> ranks = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** How the ranks connect from now on. */
  TcpOptions options = TcpOptions.standard();

  /** Stand between ranks: the dialling rank's way to the listening one. */
  private final List<Detour> detours = new ArrayList<>();

  private record Detour(int from, int to, Peer way) {}

  private LocalWorld() {}

  /** Makes a rank reach a lower one at another port from the next connect on. */
  void detour(int from, int to, int port) {
    detours.add(new Detour(from, to, new Peer(to, "w" + to, "127.0.0.1", port)));
  }

  static LocalWorld listening(int size) throws IOException {
    LocalWorld world = new LocalWorld();
    for (int rank = 0; rank < size; rank++) {
      world.listeners.add(TcpListener.open("127.0.0.1"));
    }
    return world;
  }

  /** Ranks that are connected to each other. */
  public static LocalWorld connected(int size) throws Exception {
    LocalWorld world = listening(size);
    world.connect(1);
    return world;
  }

  /** Connects all ranks as a new generation. */
  void connect(long generation) throws Exception {
    List<Future<TcpCollective>> connecting = new ArrayList<>();
    for (int rank = 0; rank < listeners.size(); rank++) {
      connecting.add(connecting(generation, rank));
    }
    ranks.clear();
    for (Future<TcpCollective> future : connecting) {
      ranks.add(future.get());
    }
  }

  Future<TcpCollective> connecting(long generation, int rank) {
    return connecting(generation, rank, TOKEN, TIMEOUT);
  }

  Future<TcpCollective> connecting(long generation, int rank, String token, Duration timeout) {
    return threads.submit(() ->
        TcpCollective.connect(
            listeners.get(rank), token, generation, rank, peers(rank), timeout, options));
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

  List<Peer> peers() {
    List<Peer> peers = new ArrayList<>();
    for (int rank = 0; rank < listeners.size(); rank++) {
      TcpListener listener = listeners.get(rank);
      peers.add(new Peer(rank, "w" + rank, listener.host(), listener.port()));
    }
    return peers;
  }

  Future<?> start(int rank, RankTask task) {
    TcpCollective collective = ranks.get(rank);
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
  static Throwable failureOf(Future<?> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      return e.getCause() == null ? e : e.getCause();
    }
    throw new AssertionError("succeeded");
  }

  @Override
  public void close() {
    ranks.forEach(TcpCollective::close);
    listeners.forEach(TcpListener::close);
    threads.shutdownNow();
    threads.close();
  }
}
