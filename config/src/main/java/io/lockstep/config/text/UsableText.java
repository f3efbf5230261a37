package io.lockstep.config.text;

import java.util.Optional;

/**
 * Which texts can be given to a model and taught to it: the rule of data files and of requests to
 * the gateway alike.
 */
public final class UsableText {

  private static final char NUL = '\0';
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private UsableText() {}

  /**
   * Why a text can't be used at all, in words that follow the name of its field; nothing for text
   * that can. Half of a surrogate pair is no character, can't be encoded and stays in no file; NUL
   * ends texts in native libraries.
   */
  public static Optional<String> problem(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == NUL) {
        return Optional.of("holds NUL (U+0000) at character %d; remove it".formatted(i + 1));
      }
      if (Character.isHighSurrogate(c) && i + 1 < text.length()) {
        if (Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
          continue;
        }
      }
      if (Character.isSurrogate(c)) {
        return Optional.of(
            "holds half of a character (surrogate U+%04X) at character %d; write the whole one or remove it"
                .formatted((int) c, i + 1));
      }
    }
    return Optional.empty();
  }

  /**
   * What a text holds that nobody sees and that is rarely meant, in words that follow the name of
   * its field: it changes the tokens, so that two texts that look alike aren't. Joiners, which
   * emoji and some scripts need, wide blanks and line breaks are no matter.
   */
  public static Optional<String> warning(String text) {
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String kind = kind(c);
      if (!kind.isEmpty()) {
        return Optional.of(
            "holds %s (U+%04X) at character %d; remove it unless it is meant"
                .formatted(kind, c, i + 1));
      }
      i += Character.charCount(c);
    }
    return Optional.empty();
  }

  /** The text without a byte order mark at its beginning, which Windows editors write. */
  public static String withoutByteOrderMark(String text) {
    return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
  }

  /**
   * JSON of the same content that any file can hold: halves of characters stand as their escapes.
   * What is written of data must never fail for what the data says.
   */
  public static String encodableJson(String json) {
    if (problem(json).isEmpty()) {
      return json;
    }
    StringBuilder escaped = new StringBuilder();
    json.codePoints()
        .forEach(c -> {
          if (c <= Character.MAX_VALUE && Character.isSurrogate((char) c)) {
            escaped.append("\\u%04x".formatted(c));
          } else {
            escaped.appendCodePoint(c);
          }
        });
    return escaped.toString();
  }

  /** Whether a text says nothing: blanks and characters that nobody sees. */
  public static boolean isBlank(String text) {
    return text.codePoints()
        .allMatch(c ->
            Character.isWhitespace(c)
                || Character.isSpaceChar(c)
                || Character.isISOControl(c)
                || Character.getType(c) == Character.FORMAT);
  }

  private static String kind(int c) {
    return switch (c) {
      case '\t', '\n', '\r' -> "";
      case BYTE_ORDER_MARK -> "a byte order mark";
      case 0xFFFD -> "a replacement character, left by a text that was decoded wrongly";
      case 0x00AD, 0x180E, 0x200B, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064 ->
          "an invisible character";
      case 0x061C,
          0x200E,
          0x200F,
          0x202A,
          0x202B,
          0x202C,
          0x202D,
          0x202E,
          0x2066,
          0x2067,
          0x2068,
          0x2069 ->
          "an invisible mark of the direction of writing";
      default -> {
        if (Character.isISOControl(c)) {
          yield "a control character";
        }
        yield isNoncharacter(c) ? "a code that is no character" : "";
      }
    };
  }

  private static boolean isNoncharacter(int c) {
    return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
  }
}
