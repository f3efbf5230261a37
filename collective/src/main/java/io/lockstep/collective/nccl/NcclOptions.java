package io.lockstep.collective.nccl;

import io.lockstep.collective.tcp.TcpOptions;
import java.time.Duration;

/**
 * How a {@link NcclCollective} behaves.
 *
 * @param connections how its connections behave, who is told of stalls, after what silence, and how
 *     exchanges are called
 * @param pieceBytes messages are cut into pieces of this length, so that one end may take them
 *     piece by piece; the same on all ranks
 * @param meeting how long the ranks may take to make their communicator once all are connected
 * @param closedGrace how long what is in flight may take to end after a peer has closed its
 *     connection, which it may do once it has sent everything
 */
public record NcclOptions(
    TcpOptions connections, long pieceBytes, Duration meeting, Duration closedGrace) {

  /** Length of a piece unless it is given. */
  static final long PIECE_BYTES = 8 << 20;

  private static final Duration MEETING = Duration.ofMinutes(3);
  private static final Duration CLOSED_GRACE = Duration.ofSeconds(1);

  public NcclOptions {
    if (pieceBytes < Long.BYTES || pieceBytes % Long.BYTES != 0) {
      throw new IllegalArgumentException(
          "pieces of %d bytes; give a multiple of %d".formatted(pieceBytes, Long.BYTES));
    }
  }

  /** Pieces of 8 MiB, three minutes to meet and a second for what is in flight. */
  public static NcclOptions over(TcpOptions connections) {
    return new NcclOptions(connections, PIECE_BYTES, MEETING, CLOSED_GRACE);
  }
}
