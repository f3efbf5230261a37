package io.lockstep.collective.tcp;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Stall;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.TransferPlan;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Collective} over TCP, one connection per pair of ranks.
 *
 * <p>Connections belong to one generation: a peer of another generation, rank, token or protocol
 * version is refused at the handshake, and a frame of another generation or sequence later. A peer
 * that is gone shows as a closed connection and fails the exchange at once; one that says nothing
 * is reported as a {@link Stall} and waited for.
 */
public final class TcpCollective implements Collective {

  private final long generation;
  private final int rank;
  private final int size;
  private final List<PeerLink> links;

  /** Pieces of streams that come through sockets; grows with the number of streams. */
  private Arena windowArena = Arena.ofShared();

  private MemorySegment windowMemory = MemorySegment.NULL;

  private @Nullable Exchange inFlight;
  private @Nullable CollectiveException failure;
  private boolean closed;
  private boolean freed;

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
    return connect(listener, token, generation, rank, peers, connectTimeout, TcpOptions.standard());
  }

  /** {@link #connect(TcpListener, String, long, int, List, Duration)} with options. */
  public static TcpCollective connect(
      TcpListener listener,
      String token,
      long generation,
      int rank,
      List<Peer> peers,
      Duration connectTimeout,
      TcpOptions options) {
    requireRanks(rank, peers);
    Rendezvous rendezvous =
        new Rendezvous(RunToken.of(token), generation, rank, List.copyOf(peers), options);
    @Nullable TcpCollective collective = null;
    try {
      List<PeerLink> links = listener.meet(rendezvous, peers.subList(0, rank), connectTimeout);
      collective = new TcpCollective(generation, rank, peers.size(), links);
    } finally {
      if (!listener.met(rendezvous, collective) && collective != null) {
        collective.abort("a newer generation than " + generation + " began");
      }
    }
    collective.links.forEach(PeerLink::offerSharedMemory);
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
  public long sentBytes() {
    return links.stream().mapToLong(PeerLink::sentBytes).sum();
  }

  /** The bytes that a message takes with the headers of its pieces. */
  public static long wireBytes(long messageBytes) {
    long pieces = Math.max(1, Math.ceilDiv(messageBytes, (long) FrameHeader.PIECE_BYTES));
    return messageBytes + pieces * FrameHeader.BYTES;
  }

  @Override
  public void exchange(long tag, List<Transfer> sends, List<Transfer> receives) {
    exchange(tag, sends, receives, PieceStreams.NONE);
  }

  @Override
  public void exchange(
      long tag, List<Transfer> sends, List<Transfer> receives, PieceStreams streams) {
    try (HostStaging staging = new HostStaging()) {
      exchangeOnHost(tag, staging.sends(sends), staging.receives(receives), streams);
      staging.deliver();
    }
  }

  private void exchangeOnHost(
      long tag, List<Transfer> sends, List<Transfer> receives, PieceStreams streams) {
    TransferPlan plan = TransferPlan.of(rank, size, tag, sends, receives, streams);
    List<PeerLink> involved =
        links.stream().filter(link -> plan.involves(link.peer().rank())).toList();
    plan.copyOwn();
    Begun begun = begin(tag, involved.size(), streams);
    for (PeerLink link : involved) {
      int peer = link.peer().rank();
      link.begin(
          new ExchangePart(
              tag, begun.exchange(), plan.sendsTo(peer), Receive.from(plan, peer, begun.window())));
    }
    try {
      @Nullable CollectiveException failed = await(begun.exchange(), streams.sink(), tag);
      if (failed != null) {
        breakWith(failed);
      }
    } catch (RuntimeException | Error e) {
      breakWith(
          new CollectiveException(
              rank, CollectiveException.NO_PEER, tag, 0, "what takes the pieces failed: " + e, e));
      end(tag, e);
    }
    end(tag, null);
  }

  private record Begun(Exchange exchange, PieceWindow window) {}

  private synchronized Begun begin(long tag, int parts, PieceStreams streams) {
    if (closed) {
      throw new IllegalStateException(
          "exchange %d on a closed collective of generation %d".formatted(tag, generation));
    }
    if (failure != null) {
      throw failure.again(tag);
    }
    if (inFlight != null) {
      throw new IllegalStateException(
          "exchange %d while another is in flight; exchanges of a collective run one after another"
              .formatted(tag));
    }
    PieceWindow window = new PieceWindow(streams, windowMemory(PieceWindow.memoryBytes(streams)));
    inFlight = new Exchange(parts, window);
    return new Begun(inFlight, window);
  }

  private MemorySegment windowMemory(long bytes) {
    if (windowMemory.byteSize() < bytes) {
      windowArena.close();
      windowArena = Arena.ofShared();
      windowMemory = Buffer.onHost(windowArena, Dtype.UINT8, bytes).lentBytes();
    }
    return windowMemory;
  }

  /** Throws what ended the exchange, unless it is complete and nobody aborted meanwhile. */
  private void end(long tag, @Nullable Throwable thrown) {
    @Nullable CollectiveException ended;
    synchronized (this) {
      ended = failure;
      if (ended == null) {
        inFlight = null;
        return;
      }
    }
    quiesce(ended.reason());
    synchronized (this) {
      inFlight = null;
    }
    free();
    switch (thrown) {
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      case null, default -> throw ended.again(tag);
    }
  }

  private @Nullable CollectiveException await(Exchange exchange, PieceStreams.Sink sink, long tag) {
    try {
      return exchange.await(sink);
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

  private void quiesce(@Nullable String reason) {
    List<CompletableFuture<@Nullable Void>> done =
        links.stream().map(link -> link.shutDown(reason)).toList();
    // A network thread would wait for itself; whoever waits for the exchange waits for all.
    if (links.stream().noneMatch(PeerLink::isOnLoop)) {
      done.forEach(CompletableFuture::join);
    }
  }

  /** Gives memory back, unless an exchange uses it still: then the end of that does. */
  private void free() {
    synchronized (this) {
      if (inFlight != null || freed) {
        return;
      }
      freed = true;
      windowArena.close();
    }
    links.forEach(PeerLink::free);
  }

  /**
   * What has ended this collective, or its connection with one of the given ranks, so far: for
   * whoever waits for these ranks by other means than an exchange. From any thread.
   *
   * @return empty while all is well, as far as this rank has been told
   */
  public Optional<CollectiveException> failureWith(Set<Integer> peers) {
    synchronized (this) {
      if (failure != null) {
        return Optional.of(failure);
      }
    }
    return links.stream()
        .filter(link -> peers.contains(link.peer().rank()))
        .flatMap(link -> link.failure().stream())
        .findFirst();
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
    if (links.stream().noneMatch(PeerLink::isOnLoop)) {
      free();
    }
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
    free();
  }
}
