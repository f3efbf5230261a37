package io.lockstep.model.generate;

/** Hears of an answer while it grows. */
@FunctionalInterface
public interface TextListener {

  /** Hears nothing. */
  TextListener NONE = (row, piece) -> {};

  /**
   * Text was added to an answer.
   *
   * @param row which conversation of the batch
   * @param piece complete characters
   */
  void onText(int row, String piece);
}
