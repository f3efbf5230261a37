package io.lockstep.gateway.serving;

/** Hears generated text while a batch is being generated. */
@FunctionalInterface
public interface PieceListener {

  /**
   * A row of the batch has grown.
   *
   * @param row index of the conversation in the batch
   * @param piece text to append, complete characters only
   */
  void onPiece(int row, String piece);
}
