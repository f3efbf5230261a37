package io.lockstep.data.conversation;

import java.util.Arrays;
import java.util.Locale;

/** What a piece of a dense answer says; accuracies are told apart by it. */
public enum TokenKind {
  /** What an object is: the text of its description. */
  DESC(1),
  /** Where it is: the digits of a coordinate. */
  COORD(2),
  /** All that holds these together: names, brackets, quotes, commas, counts, the turn's end. */
  FORMAT(3);

  private final int number;

  TokenKind(int number) {
    this.number = number;
  }

  /** The name in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The number on the wire and in batches, from 1; 0 is no kind. */
  public int number() {
    return number;
  }

  /**
   * The kind of a number.
   *
   * @throws IllegalArgumentException for others
   */
  public static TokenKind of(int number) {
    return Arrays.stream(values())
        .filter(kind -> kind.number == number)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("kinds of tokens are 1 to 3, not " + number));
  }
}
