package io.lockstep.collective;

import java.util.List;

/**
 * Messages of equal length whose bytes are worked on as they arrive and not kept: what a reduction
 * needs, in the memory of a few pieces however long the messages are.
 *
 * @param bytes length of each message
 * @param sources where the messages come from; not the own rank
 * @param sink takes the pieces of all messages together
 */
public record PieceStreams(long bytes, List<Source> sources, PieceSink sink) {

  /** No stream at all. */
  public static final PieceStreams NONE =
      new PieceStreams(
          0,
          List.of(),
          (offset, pieces) -> {
            throw new IllegalStateException("no stream has no pieces");
          });

  /**
   * A message, named as in {@link Transfer}.
   *
   * @param peer rank that sends it
   * @param slot its slot
   */
  public record Source(int peer, int slot) {}

  public PieceStreams {
    sources = List.copyOf(sources);
    if (bytes < 0) {
      throw new IllegalArgumentException("streams of %d bytes".formatted(bytes));
    }
  }
}
