package io.lockstep.collective.testing;

import io.lockstep.collective.Collective;
import io.lockstep.collective.tcp.Peer;
import io.lockstep.collective.tcp.PeerTls;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.collective.tcp.TcpListener;
import io.lockstep.collective.tcp.TcpOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A way in which ranks of one process are connected. */
public interface Transport extends AutoCloseable {

  /** One rank of a generation, as seen from that rank. */
  record Place(
      TcpListener listener,
      String token,
      long generation,
      int rank,
      List<Peer> peers,
      Duration timeout,
      TcpOptions options) {

    Place with(TcpOptions changed) {
      return new Place(listener, token, generation, rank, peers, timeout, changed);
    }
  }

  /** Connects a rank; waits for the others. */
  Collective connect(Place place);

  /** How the listeners' connections are encrypted. */
  default Optional<PeerTls> tls() {
    return Optional.empty();
  }

  /** A rank's process ends: whatever it has besides its listener is gone without a word. */
  default void kill(int rank) {}

  /** Fails if the transport was used against its rules. */
  @Override
  default void close() {}

  /** Sockets and shared memory. */
  static Transport tcp() {
    return Transport::connectOverTcp;
  }

  /** Encrypted sockets, without shared memory. */
  static Transport tls(PeerTls tls) {
    return new Transport() {
      @Override
      public Collective connect(Place place) {
        return connectOverTcp(place.with(place.options().withSharedMemory(false)));
      }

      @Override
      public Optional<PeerTls> tls() {
        return Optional.of(tls);
      }
    };
  }

  private static Collective connectOverTcp(Place place) {
    return TcpCollective.connect(
        place.listener(),
        place.token(),
        place.generation(),
        place.rank(),
        place.peers(),
        place.timeout(),
        place.options());
  }
}
