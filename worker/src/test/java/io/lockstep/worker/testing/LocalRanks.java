package io.lockstep.worker.testing;

import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tcp.Peer;
import io.lockstep.collective.tcp.TcpListener;
import io.lockstep.collective.tcp.TcpOptions;
import io.lockstep.collective.testing.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The ranks of a world in one JVM, a platform thread each, connected over loopback sockets. */
public final class LocalRanks {

  private static final String TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private LocalRanks() {}

  /** What each rank does. */
  @FunctionalInterface
  public interface RankTask<T> {
    T run(Collective collective) throws Exception;
  }

  /** Runs the task on every rank over TCP and gives the results in rank order. */
  public static <T> List<T> run(int world, RankTask<T> task) throws Exception {
    return run(world, Transport.tcp(), task);
  }

  /** Runs the task on every rank and gives the results in rank order. */
  public static <T> List<T> run(int world, Transport transport, RankTask<T> task) throws Exception {
    List<TcpListener> listeners = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(world)) {
      List<Peer> peers = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        TcpListener listener = TcpListener.open("127.0.0.1");
        listeners.add(listener);
        peers.add(new Peer(rank, "w" + rank, listener.host(), listener.port()));
      }
      List<Future<T>> running = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        TcpListener listener = listeners.get(rank);
        int own = rank;
        running.add(
            threads.submit(() -> {
              try (Collective collective =
                  transport.connect(
                      new Transport.Place(
                          listener, TOKEN, 1, own, peers, TIMEOUT, TcpOptions.standard()))) {
                return task.run(collective);
              }
            }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : running) {
        results.add(future.get());
      }
      return results;
    } finally {
      listeners.forEach(TcpListener::close);
    }
  }

  /** A world of one, which never sends anything. */
  public static Collective alone() {
    return new Alone();
  }

  /** A world of one; an exchange with others is an error. */
  public static class Alone implements Collective {

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public long generation() {
      return 1;
    }

    @Override
    public long sentBytes() {
      return 0;
    }

    @Override
    public void exchange(long tag, List<Transfer> sends, List<Transfer> receives) {
      if (!sends.isEmpty() || !receives.isEmpty()) {
        throw new IllegalStateException("a world of one has nobody to exchange anything with");
      }
    }

    @Override
    public void abort(String reason) {}

    @Override
    public void close() {}
  }
}
