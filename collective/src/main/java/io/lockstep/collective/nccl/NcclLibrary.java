package io.lockstep.collective.nccl;

/**
 * The functions of NCCL that {@link NcclCollective} calls, each by its meaning in NCCL's
 * documentation. Communicators and streams are the library's own handles, addresses are those of
 * device memory. Communicators are non-blocking: a call may answer {@link NcclResult#IN_PROGRESS},
 * and then none but {@link #asyncError} and {@link #abort} may follow until {@link #asyncError}
 * says otherwise.
 */
public interface NcclLibrary {

  /** Bytes of a {@link #uniqueId}. */
  int UNIQUE_ID_BYTES = 128;

  /** The version of the library that was found, such as 22903 for 2.29.3 (ncclGetVersion). */
  int version();

  /**
   * Opens the meeting point of a new communicator in this process, which has to live until all
   * ranks have come (ncclGetUniqueId).
   *
   * @throws NcclException if it can't be opened
   */
  byte[] uniqueId();

  /**
   * A communicator that is being made.
   *
   * @param communicator its handle; 0 if {@code result} is an error
   */
  record Begun(NcclResult result, long communicator) {}

  /** Begins to make a rank's communicator on the thread's device (ncclCommInitRankConfig). */
  Begun begin(int size, byte[] id, int rank);

  /** The state of a communicator; an error stays (ncclCommGetAsyncError). */
  NcclResult asyncError(long communicator);

  /** What NCCL says of its last error, possibly nothing (ncclGetLastError). */
  String lastError(long communicator);

  /** Calls of this thread up to {@link #groupEnd} belong together (ncclGroupStart). */
  NcclResult groupStart();

  /** Posts the operations of the group (ncclGroupEnd). */
  NcclResult groupEnd();

  /** Sends bytes to a peer (ncclSend); meets its receives in the order they were posted. */
  NcclResult send(long from, long bytes, int peer, long communicator, long stream);

  /** Receives as many bytes as the peer sends (ncclRecv). */
  NcclResult receive(long into, long bytes, int peer, long communicator, long stream);

  /** Sums float32 values over all ranks, for all; in place if both addresses are equal. */
  NcclResult allReduce(long from, long into, long floats, long communicator, long stream);

  /**
   * Sums float32 values over all ranks, of which each gets the part of its rank.
   *
   * @param from as many parts as there are ranks, side by side
   * @param floats values of a part
   */
  NcclResult reduceScatter(long from, long into, long floats, long communicator, long stream);

  /**
   * Gives every rank the bytes of all, side by side.
   *
   * @param bytes those of one rank
   */
  NcclResult allGather(long from, long into, long bytes, long communicator, long stream);

  /** Sums float32 values over all ranks, for one. */
  NcclResult reduce(long from, long into, long floats, int root, long communicator, long stream);

  /** Gives every rank the bytes of one. */
  NcclResult broadcast(long from, long into, long bytes, int root, long communicator, long stream);

  /** Begins to end a communicator: waits for its operations and its peers (ncclCommFinalize). */
  NcclResult finish(long communicator);

  /** Frees a communicator that has been finished (ncclCommDestroy). */
  NcclResult destroy(long communicator);

  /**
   * Ends what the communicator does and frees it (ncclCommAbort). The only call that another thread
   * may make during one.
   */
  NcclResult abort(long communicator);
}
