package io.lockstep.cli.bench;

import io.lockstep.benchmark.AllReduceBench;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.PortFile;
import io.lockstep.collective.tcp.Peer;
import io.lockstep.collective.tcp.PeerTls;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.collective.tcp.TcpListener;
import io.lockstep.collective.tcp.TcpOptions;
import io.lockstep.data.file.FileWrites;
import io.lockstep.security.TransportSecurity;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One process of an all-reduce benchmark: meets the others through a folder and measures.
 *
 * @param folder where ranks leave their ports and rank 0 its figures
 * @param sharedMemory whether ranks may share memory
 * @param tls for what passes through TCP
 */
public record AllReduceRank(
    Path folder,
    int rank,
    int world,
    int megabytes,
    int iterations,
    boolean sharedMemory,
    Optional<TransportSecurity> tls) {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final String HOST = "127.0.0.1";
  private static final int MEGABYTE = 1 << 20;

  static Path figures(Path folder) {
    return folder.resolve("figures");
  }

  private Path port(int of) {
    return folder.resolve("rank-" + of + ".port");
  }

  /** Runs to the end; rank 0 leaves the seconds of each round, a line each. */
  public void run() throws IOException, InterruptedException {
    Torch.start(1);
    try (TcpListener listener =
        TcpListener.open(
            HOST, 0, tls.map(own -> new PeerTls(own.peerServer(), own.peerClient())))) {
      PortFile.write(port(rank), listener.port());
      try (TcpCollective collective =
          TcpCollective.connect(
              listener,
              folder.toString(),
              1,
              rank,
              peers(),
              TIMEOUT,
              TcpOptions.standard().withSharedMemory(sharedMemory))) {
        long floats = (long) megabytes * MEGABYTE / Dtype.FLOAT32.bytes();
        double[] seconds = AllReduceBench.rounds(collective, floats, iterations);
        if (rank == 0) {
          List<String> lines = new ArrayList<>();
          for (double each : seconds) {
            lines.add(Double.toString(each));
          }
          FileWrites.lines(figures(folder), lines);
        }
      }
    }
  }

  private List<Peer> peers() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    List<Peer> peers = new ArrayList<>();
    while (peers.size() < world) {
      int next = peers.size();
      if (Files.exists(port(next))) {
        int at = Integer.parseInt(Files.readString(port(next)).strip());
        peers.add(new Peer(next, "rank-" + next, HOST, at));
      } else if (System.nanoTime() > deadline) {
        throw new UserError("rank " + next + " has not begun to listen after " + TIMEOUT);
      } else {
        Thread.sleep(POLL);
      }
    }
    return peers;
  }
}
