package io.lockstep.collective.nccl;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One communicator of NCCL. Calls of different threads come one after another, but an abort does
 * not wait long for a call that hangs. Nothing reaches NCCL once the communicator is aborted or
 * closed.
 */
final class NcclCommunicator {

  private static final Logger LOG = LoggerFactory.getLogger(NcclCommunicator.class);

  /** How long an abort waits for a call that is under way; calls of NCCL here do not block. */
  private static final long CALL_MILLIS = 1000;

  private final NcclRuntime runtime;
  private final long handle;
  private final ReentrantLock calls = new ReentrantLock();
  private volatile boolean gone;

  private NcclCommunicator(NcclRuntime runtime, long handle) {
    this.runtime = runtime;
    this.handle = handle;
  }

  /** Calls of one group. */
  interface Group {
    /** Makes them; the result of the first that fails, or a good one. */
    NcclResult post(NcclLibrary nccl, long communicator);
  }

  /**
   * Begins to make a communicator on the calling thread's device.
   *
   * @throws NcclException if NCCL refuses at once
   */
  static NcclCommunicator begin(NcclRuntime runtime, int size, byte[] id, int rank) {
    NcclLibrary.Begun begun = runtime.nccl().begin(size, id, rank);
    if (!begun.result().isFine()) {
      throw new NcclException(
          "ncclCommInitRankConfig for rank %d of %d: %s"
              .formatted(rank, size, begun.result().words()));
    }
    return new NcclCommunicator(runtime, begun.communicator());
  }

  /** Posts a group; {@link #state} tells when it is queued. */
  NcclResult post(Group group) {
    calls.lock();
    try {
      if (gone) {
        return NcclResult.INVALID_USAGE;
      }
      NcclLibrary nccl = runtime.nccl();
      NcclResult begun = nccl.groupStart();
      NcclResult posted = begun.isFine() ? group.post(nccl, handle) : begun;
      NcclResult ended = nccl.groupEnd();
      return posted.isFine() ? ended : posted;
    } finally {
      calls.unlock();
    }
  }

  /** Whether the last call is done, or what has failed since. */
  NcclResult state() {
    calls.lock();
    try {
      return gone ? NcclResult.INVALID_USAGE : runtime.nccl().asyncError(handle);
    } finally {
      calls.unlock();
    }
  }

  /** What NCCL says of a result. */
  String describe(NcclResult result) {
    calls.lock();
    try {
      String said = gone ? "" : runtime.nccl().lastError(handle);
      return "NCCL reports: " + result.words() + (said.isBlank() ? "" : " (" + said + ")");
    } finally {
      calls.unlock();
    }
  }

  /**
   * Ends everything that is under way; from any thread, any number of times. The thread's device is
   * the communicator's.
   */
  void abort() {
    boolean alone = lockForAbort();
    try {
      if (gone) {
        return;
      }
      gone = true;
      NcclResult result = runtime.nccl().abort(handle);
      if (!result.isFine()) {
        LOG.warn("ncclCommAbort: {}", result.words());
      }
    } finally {
      if (alone) {
        calls.unlock();
      }
    }
  }

  private boolean lockForAbort() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return calls.tryLock(CALL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Begins a clean end, which waits for the peers; {@link #state} tells when it is done. */
  NcclResult finish() {
    calls.lock();
    try {
      return gone ? NcclResult.SUCCESS : runtime.nccl().finish(handle);
    } finally {
      calls.unlock();
    }
  }

  /** Frees the communicator after {@link #finish}. */
  void destroy() {
    calls.lock();
    try {
      if (!gone) {
        gone = true;
        runtime.nccl().destroy(handle);
      }
    } finally {
      calls.unlock();
    }
  }

  boolean isGone() {
    return gone;
  }
}
