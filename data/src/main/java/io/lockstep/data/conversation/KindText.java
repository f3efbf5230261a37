package io.lockstep.data.conversation;

import java.util.ArrayList;
import java.util.List;

/**
 * A text of which each character is of a known kind.
 *
 * @param spans one after the other, from the beginning of the text to its end
 */
public record KindText(String text, List<KindSpan> spans) {

  /** Checks that the spans cover the text. */
  public KindText {
    spans = List.copyOf(spans);
    int end = 0;
    for (KindSpan span : spans) {
      if (span.start() != end) {
        throw new IllegalArgumentException("a span begins at " + span.start() + ", not " + end);
      }
      end = span.end();
    }
    if (end != text.length()) {
      throw new IllegalArgumentException(
          "spans of %d characters for a text of %d".formatted(end, text.length()));
    }
  }

  /** Puts a text together. */
  public static final class Builder {
    private final StringBuilder text = new StringBuilder();
    private final List<KindSpan> spans = new ArrayList<>();

    /** Appends characters, which belong to the span before if that is of the same kind. */
    public Builder append(TokenKind kind, CharSequence piece) {
      if (piece.isEmpty()) {
        return this;
      }
      int start = text.length();
      text.append(piece);
      boolean goesOn = !spans.isEmpty() && spans.getLast().kind() == kind;
      int from = goesOn ? spans.removeLast().start() : start;
      spans.add(new KindSpan(from, text.length(), kind));
      return this;
    }

    /** The text so far. */
    public KindText build() {
      return new KindText(text.toString(), spans);
    }
  }
}
