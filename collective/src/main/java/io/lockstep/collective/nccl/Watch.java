package io.lockstep.collective.nccl;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Stall;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the device during one exchange, on the thread that called it, and ends the wait when it
 * is in vain: when this rank or a peer aborts, a peer's connection closes, or NCCL reports an
 * error. Tells of silence.
 */
final class Watch {

  /** Waits of a kernel's length are spent looking. */
  private static final int SPINS = 200;

  private static final long SHORTEST_PAUSE_NANOS = 20_000;
  private static final long LONGEST_PAUSE_NANOS = 500_000;

  /** How long an error of NCCL waits for the connections to tell which peer it was. */
  private static final Duration ASK = Duration.ofMillis(300);

  private final Exchange exchange;
  private final NcclCommunicator communicator;
  private final Supplier<Optional<CollectiveException>> failures;
  private final Duration closedGrace;
  private final Duration stallAfter;
  private final Stall.Listener stalls;

  private long lastProgress = System.nanoTime();
  private long longestSilence;
  private long nextSilence;
  private @Nullable NcclResult error;
  private @Nullable CollectiveException closed;
  private long suspectSince;

  /**
   * The exchange that is waited for.
   *
   * @param name in words, such as {@code step 7, reduce}
   * @param progress how far it is
   * @param asStall how a peer's progress is reported
   */
  record Exchange(int rank, long tag, String name, Progress progress, AsStall asStall) {

    /** Names a silence. */
    interface AsStall {
      Stall of(Progress.With peer, Duration silence);
    }
  }

  /**
   * A watch over one exchange.
   *
   * @param failures what has ended the collective here or the connections with the peers involved
   * @param closedGrace see {@link NcclOptions#closedGrace}
   * @param stallAfter silence that is told of
   */
  Watch(
      Exchange exchange,
      NcclCommunicator communicator,
      Supplier<Optional<CollectiveException>> failures,
      Duration closedGrace,
      Duration stallAfter,
      Stall.Listener stalls) {
    this.exchange = exchange;
    this.communicator = communicator;
    this.failures = failures;
    this.closedGrace = closedGrace;
    this.stallAfter = stallAfter;
    this.stalls = stalls;
    this.nextSilence = stallAfter.toNanos();
  }

  /** Posts a group of calls and waits until NCCL has queued them. */
  void post(NcclCommunicator.Group group) {
    NcclResult result = communicator.post(group);
    if (!result.isFine()) {
      requireNoFailure();
      throw failed(result);
    }
    await(() -> communicator.state() == NcclResult.SUCCESS);
  }

  /**
   * Waits until something is so.
   *
   * @throws CollectiveException if that is in vain
   */
  void await(BooleanSupplier done) {
    int looks = 0;
    while (!done.getAsBoolean()) {
      requireHope();
      tellSilence();
      pause(looks++);
    }
  }

  /** A piece is done. */
  void progressed() {
    long now = System.nanoTime();
    longestSilence = Math.max(longestSilence, now - lastProgress);
    lastProgress = now;
    nextSilence = stallAfter.toNanos();
  }

  Duration longestSilence() {
    return Duration.ofNanos(longestSilence);
  }

  private static void pause(int looks) {
    if (looks < SPINS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(
          Math.min(LONGEST_PAUSE_NANOS, SHORTEST_PAUSE_NANOS * (looks - SPINS + 1)));
    }
  }

  private void tellSilence() {
    long silence = System.nanoTime() - lastProgress;
    if (silence < nextSilence) {
      return;
    }
    nextSilence = 2 * silence;
    longestSilence = Math.max(longestSilence, silence);
    for (Progress.With peer : exchange.progress().peers()) {
      if (peer.received() < peer.awaited() || peer.sent() < peer.toSend()) {
        stalls.stalled(exchange.asStall().of(peer, Duration.ofNanos(silence)));
      }
    }
  }

  /** Throws once it is clear that what is waited for will not come. */
  private void requireHope() {
    requireNoFailure();
    NcclResult state = communicator.state();
    if (!state.isFine() && error == null) {
      requireNoFailure();
      error = state;
      suspect();
    }
    if (error != null && isSuspectFor(ASK)) {
      throw failed(error);
    }
    if (closed != null && isSuspectFor(closedGrace)) {
      throw ended(closed);
    }
  }

  /** Throws if the collective is at its end for certain; keeps what may yet be harmless. */
  private void requireNoFailure() {
    if (Thread.currentThread().isInterrupted()) {
      throw new AbortedException(
          exchange.rank(),
          CollectiveException.NO_PEER,
          exchange.tag(),
          "the calling thread was interrupted",
          null);
    }
    Optional<CollectiveException> failure = failures.get();
    if (failure.isEmpty()) {
      return;
    }
    if (failure.get() instanceof AbortedException) {
      throw failure.get();
    }
    if (error != null) {
      throw ended(failure.get());
    }
    if (closed == null) {
      closed = failure.get();
      suspect();
    }
  }

  private void suspect() {
    suspectSince = System.nanoTime();
  }

  private boolean isSuspectFor(Duration time) {
    return System.nanoTime() - suspectSince >= time.toNanos();
  }

  /** A peer's connection has ended, and what was awaited of it has not come. */
  private CollectiveException ended(CollectiveException connection) {
    Optional<Progress.With> with =
        exchange.progress().peers().stream()
            .filter(peer -> peer.peer() == connection.peer())
            .findFirst();
    return new CollectiveException(
        exchange.rank(),
        connection.peer(),
        exchange.tag(),
        with.map(Progress.With::received).orElse(0L),
        connection.reason()
            + with.map(peer -> " during tag " + exchange.tag() + ", " + peer.words()).orElse(""),
        connection);
  }

  /** NCCL reports an error, and no connection tells which peer it was. */
  private CollectiveException failed(NcclResult result) {
    List<Progress.With> peers = exchange.progress().peers();
    Optional<Progress.With> only =
        peers.size() == 1 ? Optional.of(peers.getFirst()) : Optional.empty();
    return new CollectiveException(
        exchange.rank(),
        only.map(Progress.With::peer).orElse(CollectiveException.NO_PEER),
        exchange.tag(),
        only.map(Progress.With::received).orElse(0L),
        "%s during tag %d (%s)"
            .formatted(communicator.describe(result), exchange.tag(), exchange.name()),
        null);
  }
}
