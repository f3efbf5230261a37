package io.lockstep.collective.tcp;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Transfer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Collective} over TCP, one connection per pair of ranks.
 *
 * <p>Connections belong to one generation: a peer of another generation, rank, token or protocol
 * version is refused at the handshake. A peer that is gone shows as a closed connection and fails
 * the exchange at once; nothing waits for a time-out.
 */
public final class TcpCollective implements Collective {

  private final long generation;
  private final int rank;
  private final int size;
  private final List<PeerLink> links;

  private @Nullable Exchange inFlight;
  private @Nullable CollectiveException failure;
  private boolean closed;

  private TcpCollective(long generation, int rank, int size, List<PeerLink> links) {
    this.generation = generation;
    this.rank = rank;
    this.size = size;
    this.links = links;
  }

  /**
   * Connects to every peer: dials the lower ranks and awaits the higher ones. Ends whatever an
   * older generation still has running on {@code listener}.
   *
   * @param listener where this rank is reached; stays open and belongs to the caller
   * @param token secret of the run, the same on all ranks
   * @param generation number of this membership, higher than any before
   * @param peers all ranks in rank order, this one too
   * @throws CollectiveException if a peer refuses, cannot be reached, or is missing after {@code
   *     connectTimeout}
   * @throws AbortedException if {@link TcpListener#advanceTo} or an interrupt ended the wait
   */
  public static TcpCollective connect(
      TcpListener listener,
      String token,
      long generation,
      int rank,
      List<Peer> peers,
      Duration connectTimeout) {
    requireRanks(rank, peers);
    Rendezvous rendezvous =
        new Rendezvous(RunToken.of(token), generation, rank, List.copyOf(peers));
    @Nullable TcpCollective collective = null;
    try {
      List<PeerLink> links = listener.meet(rendezvous, peers.subList(0, rank), connectTimeout);
      collective = new TcpCollective(generation, rank, peers.size(), links);
    } finally {
      if (!listener.met(rendezvous, collective) && collective != null) {
        collective.abort("a newer generation than " + generation + " began");
      }
    }
    return collective;
  }

  private static void requireRanks(int rank, List<Peer> peers) {
    for (int i = 0; i < peers.size(); i++) {
      if (peers.get(i).rank() != i) {
        throw new IllegalArgumentException(
            "peer %d of the list is %s; list all ranks from 0 in order".formatted(i, peers.get(i)));
      }
    }
    if (rank < 0 || rank >= peers.size()) {
      throw new IllegalArgumentException(
          "rank %d is not in a world of %d".formatted(rank, peers.size()));
    }
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public long generation() {
    return generation;
  }

  @Override
  public void exchange(long tag, List<Transfer> sends, List<Transfer> receives) {
    TransferPlan plan = TransferPlan.of(rank, size, tag, sends, receives);
    List<PeerLink> involved =
        links.stream().filter(link -> plan.involves(link.peer().rank())).toList();
    Exchange exchange = new Exchange(involved.size());
    plan.copyOwn();
    begin(exchange, tag);
    for (PeerLink link : involved) {
      int peer = link.peer().rank();
      link.begin(new ExchangePart(tag, exchange, plan.sendsTo(peer), plan.receivesFrom(peer)));
    }
    @Nullable CollectiveException failed = await(exchange, tag);
    if (failed != null) {
      breakWith(failed);
      quiesce(failed.reason());
    }
    end(tag);
  }

  private synchronized void begin(Exchange exchange, long tag) {
    if (closed) {
      throw new IllegalStateException(
          "exchange %d on a closed collective of generation %d".formatted(tag, generation));
    }
    if (failure != null) {
      throw again(failure, tag);
    }
    if (inFlight != null) {
      throw new IllegalStateException(
          "exchange %d while another is in flight; exchanges of a collective run one after another"
              .formatted(tag));
    }
    inFlight = exchange;
  }

  /** Throws what ended the exchange, unless it is complete and nobody aborted meanwhile. */
  private synchronized void end(long tag) {
    inFlight = null;
    if (failure != null) {
      throw again(failure, tag);
    }
  }

  private @Nullable CollectiveException await(Exchange exchange, long tag) {
    try {
      return exchange.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new AbortedException(
          rank, CollectiveException.NO_PEER, tag, "the calling thread was interrupted", e);
    }
  }

  private synchronized void breakWith(CollectiveException failed) {
    if (failure == null) {
      failure = failed;
    }
  }

  /** An exception for this call: the one kept has the stack of another thread or call. */
  private CollectiveException again(CollectiveException first, long tag) {
    return first instanceof AbortedException
        ? new AbortedException(rank, first.peer(), tag, first.reason(), first)
        : new CollectiveException(
            rank, first.peer(), first.tag(), first.bytesReceived(), first.reason(), first);
  }

  private void quiesce(@Nullable String reason) {
    links.stream().map(link -> link.shutDown(reason)).toList().forEach(done -> done.join());
  }

  @Override
  public void abort(String reason) {
    AbortedException aborted =
        new AbortedException(rank, CollectiveException.NO_PEER, 0, "aborted: " + reason, null);
    synchronized (this) {
      breakWith(aborted);
      if (inFlight != null) {
        inFlight.fail(aborted);
      }
    }
    quiesce(reason);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (inFlight != null) {
        abort("closed while an exchange was in flight");
      }
    }
    quiesce(null);
  }
}
