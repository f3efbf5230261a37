package io.lockstep.data.conversation;

/**
 * Characters of a text that are of one kind.
 *
 * @param start the first, from 0, in UTF-16 units
 * @param end after the last
 */
public record KindSpan(int start, int end, TokenKind kind) {

  public KindSpan {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException("a span can't go from " + start + " to " + end);
    }
  }
}
