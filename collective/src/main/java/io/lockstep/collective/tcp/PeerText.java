package io.lockstep.collective.tcp;

/** What another process says, as it may stand in a log: nothing that a terminal would obey. */
final class PeerText {

  private PeerText() {}

  /** One line in place of whatever came. */
  static String line(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.codePoints()
        .forEach(point -> {
          boolean obeyed =
              switch (Character.getType(point)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    true;
                default -> false;
              };
          line.appendCodePoint(obeyed ? 0xfffd : point);
        });
    return line.toString();
  }
}
