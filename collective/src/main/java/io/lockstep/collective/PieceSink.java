package io.lockstep.collective;

import io.lockstep.tensor.Buffer;
import java.util.List;

/** Takes messages piece by piece while their later bytes still arrive; see {@link PieceStreams}. */
@FunctionalInterface
public interface PieceSink {

  /**
   * Takes the next piece of every stream. Called in ascending order without gaps, by the thread
   * that called the exchange.
   *
   * @param offset where in the messages the pieces begin, in elements
   * @param pieces one per stream, in the order of {@link PieceStreams#sources()}, all of the same
   *     length, in host memory; they may be written to and are gone once this returns
   */
  void accept(long offset, List<Buffer> pieces);
}
