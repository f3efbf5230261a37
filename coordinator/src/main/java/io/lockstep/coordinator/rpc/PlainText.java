package io.lockstep.coordinator.rpc;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes text that came over the network safe for logs, terminals and the journal: one line of
 * limited length without control characters. All text of a message passes here once.
 */
final class PlainText {

  /** Most characters of a line for people. */
  static final int MAX_LINE = 1024;

  /** Most characters of a worker's name and the like. */
  static final int MAX_NAME = 128;

  private static final int MAX_HOST = 253;
  private static final int MAX_PORT = 65_535;
  private static final Pattern ADDRESS = Pattern.compile("([^\\s/]{1,253}):(\\d{1,5})");

  private PlainText() {}

  /** Text for people, cut to one line of {@value #MAX_LINE} characters. */
  static String line(String text) {
    String cut = cut(text, MAX_LINE);
    StringBuilder line = new StringBuilder(cut.length());
    cut.codePoints().forEach(point -> line.appendCodePoint(isPlain(point) ? point : '\uFFFD'));
    return cut.length() < text.length() ? line + " ..." : line.toString();
  }

  private static String cut(String text, int length) {
    if (text.length() <= length) {
      return text;
    }
    boolean splitsPair = Character.isHighSurrogate(text.charAt(length - 1));
    return text.substring(0, splitsPair ? length - 1 : length);
  }

  private static boolean isPlain(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /**
   * A name as it came.
   *
   * @param what it is the name of
   * @throws IllegalArgumentException if it is too long or holds what can't be printed
   */
  static String name(String what, String text) {
    problem(what, text)
        .ifPresent(problem -> {
          throw new IllegalArgumentException(problem);
        });
    return text;
  }

  private static Optional<String> problem(String what, String text) {
    if (text.length() > MAX_NAME) {
      return Optional.of(
          "%s has %d characters: %d at most".formatted(what, text.length(), MAX_NAME));
    }
    return text.codePoints().allMatch(PlainText::isPlain)
        ? Optional.empty()
        : Optional.of(
            "%s holds characters that can't be printed: '%s'".formatted(what, line(text)));
  }

  /**
   * A host with a port that exists.
   *
   * @throws IllegalArgumentException if it is none
   */
  static String address(String text) {
    java.util.regex.Matcher parts = ADDRESS.matcher(cut(text, MAX_HOST + 7));
    boolean valid =
        parts.matches()
            && text.length() <= MAX_HOST + 6
            && parts.group(1).codePoints().allMatch(PlainText::isPlain)
            && Integer.parseInt(parts.group(2)) >= 1
            && Integer.parseInt(parts.group(2)) <= MAX_PORT;
    if (!valid) {
      throw new IllegalArgumentException(
          "a worker's collective address has to be HOST:PORT, not '%s'".formatted(line(text)));
    }
    return text;
  }
}
