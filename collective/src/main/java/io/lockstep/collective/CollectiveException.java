package io.lockstep.collective;

import org.jspecify.annotations.Nullable;

/**
 * An exchange, or the connection of a world, failed. The {@link Collective} that threw it is spent:
 * all its connections are closed and a new generation has to be connected.
 */
public class CollectiveException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** {@link #peer()} when no single peer is to blame. */
  public static final int NO_PEER = -1;

  private final int rank;
  private final int peer;
  private final long tag;
  private final long bytesReceived;
  private final String reason;

  /**
   * @param rank rank that reports the failure
   * @param peer rank on the other side, or {@link #NO_PEER}
   * @param tag exchange during which it happened, 0 outside of one
   * @param bytesReceived bytes this rank had received from {@code peer} in that exchange
   * @param reason what happened, in words that name both sides
   */
  public CollectiveException(
      int rank, int peer, long tag, long bytesReceived, String reason, @Nullable Throwable cause) {
    super("rank " + rank + ": " + reason, cause);
    this.rank = rank;
    this.peer = peer;
    this.tag = tag;
    this.bytesReceived = bytesReceived;
    this.reason = reason;
  }

  /** The rank that reports the failure. */
  public int rank() {
    return rank;
  }

  /** The rank on the other side, or {@link #NO_PEER}. */
  public int peer() {
    return peer;
  }

  /** The exchange during which it happened, 0 outside of one. */
  public long tag() {
    return tag;
  }

  /** Bytes received from {@link #peer()} in that exchange before it failed. */
  public long bytesReceived() {
    return bytesReceived;
  }

  /** What happened, without the reporting rank in front. */
  public String reason() {
    return reason;
  }

  /**
   * An exception for a later call: one that is kept has the stack of another thread or call.
   *
   * @param tag exchange of that call
   */
  public CollectiveException again(long tag) {
    return new CollectiveException(rank, peer, this.tag, bytesReceived, reason, this);
  }
}
