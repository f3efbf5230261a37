package io.lockstep.model.generate;

/** Hears of answers while they grow. */
@FunctionalInterface
public interface GenerationListener {

  /** Hears nothing. */
  GenerationListener NONE = (row, piece) -> {};

  /**
   * Text was added to an answer.
   *
   * @param row which conversation of the batch
   * @param piece complete characters
   */
  void onText(int row, String piece);

  /**
   * An answer is complete; others of the batch may not be.
   *
   * @param row which conversation of the batch
   */
  default void onEnd(int row, GenerationResult result) {}
}
