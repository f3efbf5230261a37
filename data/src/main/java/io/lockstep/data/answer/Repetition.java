package io.lockstep.data.answer;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A piece of text that an answer repeats over and over at its end, as models do that have lost
 * their way.
 *
 * <p>The rule: the answer ends in one piece, at least four times in a row and at least 64
 * characters altogether; the last time it may be cut off. The numbers in {@code "object_12"} are
 * left out of sight, so that the same object said again is a repetition, and so are brackets and
 * blanks at the very end. The same text always gives the same finding.
 *
 * @param piece the shortest such piece, as it stands the last time it is complete, without the
 *     numbers
 * @param times how often it stands there in a row, complete
 */
public record Repetition(String piece, int times) {

  /** Least times in a row. */
  public static final int LEAST_TIMES = 4;

  /** Least characters that all the pieces have together. */
  public static final int LEAST_CHARACTERS = 64;

  private static final Pattern COUNTED = Pattern.compile("\"object_[0-9]+\"");
  private static final String BRACKETS = "]}";

  /** The repetition at the end of an answer, if there is one. */
  public static Optional<Repetition> atEndOf(String answer) {
    String text = withoutEnd(COUNTED.matcher(answer).replaceAll("\"object_\""));
    if (text.length() < LEAST_CHARACTERS) {
      return Optional.empty();
    }
    int[] common = commonWithEnd(text);
    for (int period = 1; period * LEAST_TIMES <= text.length(); period++) {
      int repeated = period + common[period];
      if (repeated >= Math.max(period * LEAST_TIMES, LEAST_CHARACTERS)) {
        int end = text.length();
        return Optional.of(new Repetition(text.substring(end - period, end), repeated / period));
      }
    }
    return Optional.empty();
  }

  private static String withoutEnd(String text) {
    int end = text.length();
    while (end > 0
        && (Character.isWhitespace(text.charAt(end - 1))
            || BRACKETS.indexOf(text.charAt(end - 1)) >= 0)) {
      end--;
    }
    return text.substring(0, end);
  }

  /**
   * How many characters before the last {@code p} ones equal those before the end: the Z function
   * of the text read backwards (Gusfield, 1997), in time that grows with the text's length alone.
   */
  private static int[] commonWithEnd(String text) {
    int n = text.length();
    int[] common = new int[n];
    int from = 0;
    int to = 0;
    for (int p = 1; p < n; p++) {
      int length = p < to ? Math.min(to - p, common[p - from]) : 0;
      while (p + length < n && text.charAt(n - 1 - length) == text.charAt(n - 1 - p - length)) {
        length++;
      }
      common[p] = length;
      if (p + length > to) {
        from = p;
        to = p + length;
      }
    }
    return common;
  }
}
