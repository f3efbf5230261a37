package io.lockstep.cli.report;

import java.util.Base64;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Text inside of a page. */
final class Html {

  /** Bytes of an answer that are no text, and control characters. */
  private static final Pattern UNREADABLE = Pattern.compile("\uFFFD+|[\\p{Cc}&&[^\n\t]]");

  private Html() {}

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /**
   * A part of a page that can be reached by its name, from a link and by landmark.
   *
   * @param id unique on the page
   * @param label what it is about, unescaped
   */
  static String section(String id, String label, String content) {
    return content.isEmpty()
        ? ""
        : "<section id=\"%s\" aria-label=\"%s\">%n%s</section>%n"
            .formatted(id, escape(label), content);
  }

  /**
   * A table that scrolls inside of itself where the page is too narrow, also by keyboard.
   *
   * @param label what it is about, unescaped
   * @param head cells of its head, as HTML
   * @param rows of its body, as HTML
   */
  static String table(String label, String head, String rows) {
    return "<div class=\"scroll\" role=\"region\" aria-label=\"%s\" tabindex=\"0\"><table>%s<tbody>%s</tbody></table></div>%n"
        .formatted(
            escape(label), head.isEmpty() ? "" : "<thead><tr>" + head + "</tr></thead>", rows);
  }

  /** Text as it is, in a box that scrolls inside of itself. */
  static String text(String label, String text) {
    return "<pre role=\"region\" aria-label=\"%s\" tabindex=\"0\">%s</pre>%n"
        .formatted(escape(label), escape(text));
  }

  /**
   * An answer as it can be read: lines stay lines; where a model cut a character to pieces, which
   * decoding shows as U+FFFD, it says how many bytes are no text.
   */
  static String answer(String text) {
    return UNREADABLE.matcher(escape(text)).replaceAll(Html::told).replace("\n", "<br>");
  }

  /** A picture or a font inside of the page, as a data URI (RFC 2397). */
  static String embedded(String type, byte[] content) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
  }

  private static String told(MatchResult found) {
    String what = found.group();
    if (what.charAt(0) == '\uFFFD') {
      String pieces = what.length() == 1 ? "a cut character" : what.length() + " cut characters";
      return "<span class=\"cut\">" + pieces + "</span>";
    }
    return "<span class=\"cut\">U+%04X</span>".formatted((int) what.charAt(0));
  }
}
