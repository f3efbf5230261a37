package io.lockstep.collective.nccl;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.NativeReduction;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Stall;
import io.lockstep.collective.StallLimits;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.TransferPlan;
import io.lockstep.collective.tcp.Peer;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.collective.tcp.TcpListener;
import io.lockstep.collective.tcp.TcpOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Collective} over NCCL, one communicator for each membership.
 *
 * <p>Messages on the device go from there to the peer's device; those in host memory pass through
 * staging areas of two pieces each. What NCCL lacks, a {@link TcpCollective} of the same ranks
 * adds: before each exchange ranks tell each other tags, slots and lengths, and a peer that has
 * gone or has aborted is noticed at once, wherever NCCL would wait.
 *
 * <p>An exchange waits for the device without blocking in it: it looks for the end of what it has
 * queued, for errors of NCCL, for lost connections and for aborts. After any of these the
 * communicator is aborted, and the exchange throws once the device has ended what was queued.
 */
public final class NcclCollective implements Collective {

  private static final Logger LOG = LoggerFactory.getLogger(NcclCollective.class);

  /** How long a clean end waits for the peers, like that of a TCP connection. */
  private static final Duration LINGER = Duration.ofSeconds(5);

  /** How long the device may take to end what was queued after an abort. */
  private static final Duration ENDING = Duration.ofSeconds(30);

  private static final long PAUSE_NANOS = 100_000;

  private final NcclRuntime runtime;
  private final TcpCollective connections;
  private final List<Peer> peers;
  private final NcclOptions options;
  private final Headers headers;

  /** Nothing in a world of one. */
  private final Optional<NcclCommunicator> communicator;

  private final NcclExchange.Channel channel;
  private final Reports reports;
  private final AtomicLong sent = new AtomicLong();
  private final long[] sequences;

  // Guarded by this.
  private boolean inFlight;
  private boolean closed;
  private boolean freed;
  private @Nullable CollectiveException failure;

  private NcclCollective(
      NcclRuntime runtime,
      TcpCollective connections,
      List<Peer> peers,
      NcclOptions options,
      Reports reports,
      Optional<NcclCommunicator> communicator) {
    this.runtime = runtime;
    this.connections = connections;
    this.peers = peers;
    this.options = options;
    this.reports = reports;
    this.communicator = communicator;
    this.headers = new Headers(connections, rank -> peers.get(rank).toString());
    this.channel = NcclExchange.Channel.open(runtime);
    this.sequences = new long[peers.size()];
  }

  /**
   * Connects to every peer, as {@link TcpCollective#connect} does, and makes the communicator.
   *
   * @param listener where this rank is reached
   * @param token secret of the run
   * @param generation number of this membership
   * @param peers all ranks in rank order, this one too
   * @param connectTimeout for the connections; see {@link NcclOptions#meeting} for what follows
   * @throws CollectiveException if a peer refuses, is lost or missing, or NCCL's ranks don't meet
   * @throws NcclException if NCCL or the device can't be used
   */
  public static NcclCollective connect(
      NcclRuntime runtime,
      TcpListener listener,
      String token,
      long generation,
      int rank,
      List<Peer> peers,
      Duration connectTimeout,
      NcclOptions options) {
    Reports reports = new Reports(options.connections());
    TcpCollective connections =
        TcpCollective.connect(
            listener, token, generation, rank, peers, connectTimeout, reports.ofConnections());
    Optional<NcclCommunicator> communicator = Optional.empty();
    try {
      runtime.cuda().useDevice(runtime.device());
      if (peers.size() > 1) {
        communicator = Optional.of(Meeting.make(runtime, connections, options));
      }
      return new NcclCollective(
          runtime, connections, List.copyOf(peers), options, reports, communicator);
    } catch (RuntimeException | Error failed) {
      connections.abort(
          failed instanceof CollectiveException known ? known.reason() : failed.toString());
      communicator.ifPresent(NcclCommunicator::abort);
      throw failed;
    }
  }

  /** Tells of stalls: what the connections see of headers is about the messages they announce. */
  private static final class Reports {
    private final TcpOptions told;

    /** The exchange that headers are told of. */
    private volatile @Nullable Current current;

    private record Current(Progress progress, Watch.Exchange.AsStall asStall) {}

    Reports(TcpOptions told) {
      this.told = told;
    }

    TcpOptions ofConnections() {
      StallLimits limits = told.stallLimits();
      return told.withSharedMemory(false)
          .withExchangeNames(
              tag -> tag == Meeting.TAG ? Meeting.NAME : told.exchangeNames().apply(tag))
          .withStalls(new WithoutHistory(limits), this::stalled);
    }

    /** How long headers took tells nothing of how long an exchange of their kind is silent. */
    private record WithoutHistory(StallLimits limits) implements StallLimits {
      @Override
      public Duration limit(long tag) {
        return limits.limit(tag);
      }
    }

    void begin(Progress progress, Watch.Exchange.AsStall asStall) {
      current = new Current(progress, asStall);
    }

    void end() {
      current = null;
    }

    private void stalled(Stall stall) {
      Current known = current;
      Optional<Stall> better =
          known == null
              ? Optional.empty()
              : known.progress().peers().stream()
                  .filter(peer -> peer.peer() == stall.peer())
                  .findFirst()
                  .map(peer -> known.asStall().of(peer, stall.silence()));
      told.stalls().stalled(better.orElse(stall));
    }
  }

  /**
   * The memory of the device that a message takes whose pieces are taken as they come; all others
   * pass from where they lie.
   */
  public static long stagedBytes(long messageBytes) {
    return 2 * Staging.room(Math.min(messageBytes, NcclOptions.PIECE_BYTES));
  }

  @Override
  public int rank() {
    return connections.rank();
  }

  @Override
  public int size() {
    return connections.size();
  }

  @Override
  public long generation() {
    return connections.generation();
  }

  @Override
  public long sentBytes() {
    return connections.sentBytes() + sent.get();
  }

  @Override
  public void exchange(long tag, List<Transfer> sends, List<Transfer> receives) {
    exchange(tag, sends, receives, PieceStreams.NONE);
  }

  @Override
  public void exchange(
      long tag, List<Transfer> sends, List<Transfer> receives, PieceStreams streams) {
    TransferPlan plan = TransferPlan.of(rank(), size(), tag, sends, receives, streams);
    run(
        tag,
        () -> {
          NcclExchange exchange =
              new NcclExchange(channel, plan, rank(), size(), options.pieceBytes());
          return new Work() {
            @Override
            public Progress progress() {
              return exchange;
            }

            @Override
            public void announce() {
              plan.copyOwn();
              headers.compare(tag, plan);
            }

            @Override
            public long move(Watch watch) {
              return exchange.run(watch);
            }
          };
        });
  }

  @Override
  public Optional<NativeReduction> nativeReduction() {
    return Optional.of(new NativeCalls(this, channel));
  }

  /** What one call does. */
  interface Work {
    /** How far it is. */
    Progress progress();

    /** Makes sure that all ranks involved mean the same. */
    void announce();

    /** Moves the bytes; returns how many were sent. */
    long move(Watch watch);
  }

  /** Makes a call once the collective is free for it. */
  interface Call {
    Work begin();
  }

  Headers headers() {
    return headers;
  }

  /** Does the work of one call, alone, and cleans up after whatever ends it. */
  void run(long tag, Call call) {
    begin(tag);
    @Nullable Throwable thrown = null;
    try {
      runtime.cuda().useDevice(runtime.device());
      work(tag, call.begin());
    } catch (CollectiveException lost) {
      breakWith(lost);
    } catch (RuntimeException | Error e) {
      thrown = e;
      breakWith(
          new CollectiveException(
              rank(),
              CollectiveException.NO_PEER,
              tag,
              0,
              "what takes the pieces failed: " + e,
              e));
    } finally {
      reports.end();
    }
    end(tag, thrown);
  }

  private void work(long tag, Work work) {
    Set<Integer> involved =
        work.progress().peers().stream().map(Progress.With::peer).collect(Collectors.toSet());
    involved.forEach(peer -> sequences[peer]++);
    Watch.Exchange exchange =
        new Watch.Exchange(
            rank(),
            tag,
            options.connections().exchangeNames().apply(tag),
            work.progress(),
            (peer, silence) -> stall(tag, peer, silence));
    reports.begin(exchange.progress(), exchange.asStall());
    long begun = System.nanoTime();
    announce(tag, work);
    Duration announcing = Duration.ofNanos(System.nanoTime() - begun);
    StallLimits limits = options.connections().stallLimits();
    Duration silence = announcing;
    if (communicator.isPresent()) {
      Watch watch =
          new Watch(
              exchange,
              communicator.get(),
              () -> failure(involved),
              options.closedGrace(),
              limits.limit(tag),
              options.connections().stalls());
      sent.addAndGet(work.move(watch));
      silence =
          watch.longestSilence().compareTo(announcing) > 0 ? watch.longestSilence() : announcing;
    }
    limits.completed(tag, silence);
  }

  /** The connections count the bytes of headers, which are not what a report is about. */
  private void announce(long tag, Work work) {
    try {
      work.announce();
    } catch (AbortedException aborted) {
      throw aborted;
    } catch (CollectiveException lost) {
      String reason = lost.reason();
      throw new CollectiveException(
          rank(),
          lost.peer(),
          tag,
          0,
          reason.endsWith(" bytes") ? reason + " of the headers" : reason,
          lost);
    }
  }

  private Stall stall(long tag, Progress.With peer, Duration silence) {
    return new Stall(
        rank(),
        peer.peer(),
        peers.get(peer.peer()).name(),
        generation(),
        tag,
        options.connections().exchangeNames().apply(tag),
        sequences[peer.peer()],
        peer.received(),
        peer.awaited(),
        peer.sent(),
        peer.toSend(),
        silence);
  }

  private Optional<CollectiveException> failure(Set<Integer> involved) {
    synchronized (this) {
      if (failure != null) {
        return Optional.of(failure);
      }
    }
    return connections.failureWith(involved);
  }

  private synchronized void begin(long tag) {
    if (closed) {
      throw new IllegalStateException(
          "exchange %d on a closed collective of generation %d".formatted(tag, generation()));
    }
    if (failure != null) {
      throw failure.again(tag);
    }
    if (inFlight) {
      throw new IllegalStateException(
          "exchange %d while another is in flight; exchanges of a collective run one after another"
              .formatted(tag));
    }
    inFlight = true;
  }

  /** Throws what ended the call, unless it is complete and nobody aborted meanwhile. */
  private void end(long tag, @Nullable Throwable thrown) {
    @Nullable CollectiveException ended;
    synchronized (this) {
      ended = failure;
      if (ended == null) {
        inFlight = false;
        return;
      }
    }
    breakOff(ended.reason());
    boolean still = awaitDevice();
    synchronized (this) {
      inFlight = false;
    }
    if (still) {
      freeIfClosed();
    }
    switch (thrown) {
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      case null, default -> throw ended.again(tag);
    }
  }

  /** Tells the peers and ends what NCCL does. */
  private void breakOff(String reason) {
    connections.abort(reason);
    communicator.ifPresent(NcclCommunicator::abort);
  }

  /** Waits until nothing that was queued touches any memory; whether that is so. */
  private boolean awaitDevice() {
    boolean idle = within(ENDING, () -> runtime.cuda().isIdle(channel.stream()));
    if (!idle) {
      LOG.error(
          "rank {}: the device has not ended the transfers of generation {} within {} s of their abort; their memory is kept",
          rank(),
          generation(),
          ENDING.toSeconds());
      synchronized (this) {
        freed = true;
      }
    }
    return idle;
  }

  private static boolean within(Duration limit, BooleanSupplier holds) {
    long begun = System.nanoTime();
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() - begun > limit.toNanos()) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }

  private synchronized void breakWith(CollectiveException failed) {
    if (failure == null) {
      failure = failed;
    }
  }

  @Override
  public void abort(String reason) {
    breakWith(
        new AbortedException(rank(), CollectiveException.NO_PEER, 0, "aborted: " + reason, null));
    connections.abort(reason);
    if (communicator.isPresent() && !communicator.get().isGone()) {
      runtime.cuda().useDevice(runtime.device());
      communicator.get().abort();
    }
  }

  @Override
  public void close() {
    boolean busy;
    boolean sound;
    synchronized (this) {
      closed = true;
      busy = inFlight;
      sound = failure == null;
    }
    if (busy) {
      abort("closed while an exchange was in flight");
      return;
    }
    runtime.cuda().useDevice(runtime.device());
    // Before the communicator, whose end may wait for peers that would wait for this rank.
    connections.close();
    communicator.ifPresent(present -> end(present, sound));
    freeIfClosed();
  }

  /** A communicator's end: a clean one waits until no peer needs what it still holds. */
  private void end(NcclCommunicator ending, boolean sound) {
    boolean clean =
        sound
            && !ending.isGone()
            && ending.finish().isFine()
            && within(LINGER, () -> ending.state() != NcclResult.IN_PROGRESS)
            && ending.state() == NcclResult.SUCCESS;
    if (clean) {
      ending.destroy();
    } else {
      ending.abort();
    }
  }

  private void freeIfClosed() {
    synchronized (this) {
      if (freed || inFlight || !closed) {
        return;
      }
      freed = true;
    }
    channel.close();
  }
}
