package io.lockstep.model.tokenizer;

import java.text.Normalizer;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts text into the pieces that merges never cross, as Qwen2's tokenizer does: after NFC, words
 * with at most one character before them, single digits, runs of other signs, white space.
 */
final class PreTokenizer {
  /** As written to {@code tokenizer.json}, whose regular expressions know Unicode by themselves. */
  static final String REGEX =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final Pattern PATTERN = Pattern.compile(REGEX, Pattern.UNICODE_CHARACTER_CLASS);

  private PreTokenizer() {}

  /** Calls {@code piece} for every piece in order; together they are the normalised text. */
  static void split(String text, Consumer<String> piece) {
    String normalised = Normalizer.normalize(text, Normalizer.Form.NFC);
    Matcher matcher = PATTERN.matcher(normalised);
    int end = 0;
    while (matcher.find()) {
      // What no alternative matches is a piece too, as the library's "isolated" splitting has it.
      if (matcher.start() > end) {
        piece.accept(normalised.substring(end, matcher.start()));
      }
      piece.accept(matcher.group());
      end = matcher.end();
    }
    if (end < normalised.length()) {
      piece.accept(normalised.substring(end));
    }
  }
}
