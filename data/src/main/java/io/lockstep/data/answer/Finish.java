package io.lockstep.data.answer;

/** What ended an answer. */
public enum Finish {
  /** The model: the answer is complete. */
  STOP("eos"),
  /** The limit of new tokens: the answer is cut off. */
  LENGTH("length");

  private final String label;

  Finish(String label) {
    this.label = label;
  }

  /**
   * What ended an answer.
   *
   * @param endedByModel whether the model did, with an end token
   */
  public static Finish of(boolean endedByModel) {
    return endedByModel ? STOP : LENGTH;
  }

  /** The word in files of answers, as the value of {@code ended_by}. */
  public String label() {
    return label;
  }
}
