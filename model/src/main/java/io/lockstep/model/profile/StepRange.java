package io.lockstep.model.profile;

/**
 * Steps that follow each other.
 *
 * @param first number of the first, at least 0
 * @param last number of the last, at least the first
 */
public record StepRange(long first, long last) {

  public StepRange {
    if (first < 0 || last < first) {
      throw new IllegalArgumentException(
          "steps %d to %d are none: write N, or M-N with M at most N".formatted(first, last));
    }
  }

  /**
   * Reads {@code N} or {@code M-N}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static StepRange parse(String text) {
    int dash = text.indexOf('-');
    try {
      long first = Long.parseLong(dash < 0 ? text : text.substring(0, dash));
      return new StepRange(first, dash < 0 ? first : Long.parseLong(text.substring(dash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'%s' names no steps: write N, or M-N".formatted(text), e);
    }
  }

  /** Whether a step is one of them. */
  public boolean contains(long step) {
    return step >= first && step <= last;
  }

  @Override
  public String toString() {
    return first == last ? Long.toString(first) : first + "-" + last;
  }
}
