package io.lockstep.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a person did that made a text no YAML, where, and how to mend it: the parser's words speak
 * of tokens, and its line is often the one after.
 *
 * @param line counted from 1
 */
record YamlMistake(int line, String what) {

  private static final Pattern MARK = Pattern.compile("line (\\d+), column (\\d+)");
  private static final Pattern BAD_START =
      Pattern.compile("found character '(.)' that cannot start any token");
  private static final Pattern DUPLICATE = Pattern.compile("Duplicate field '(.*)'");
  private static final Pattern NO_BLANK = Pattern.compile("(?:- )?([\\w.]+):([^\\s:/\\\\].*)");
  private static final Pattern NO_COLON = Pattern.compile("([\\w.]+) +([^\\s:]+)");
  private static final Pattern KEY_AND_VALUE = Pattern.compile("(?:- )?[^:#]+: +[^\\s#].*");

  /**
   * Finds the mistake.
   *
   * @param said the parser's words, marks of places included
   * @param lineNumber the parser's line, used if its words name none
   */
  static YamlMistake of(String text, String said, int lineNumber) {
    Source source = new Source(text.lines().toList());
    List<int[]> marks =
        MARK.matcher(said)
            .results()
            .map(m -> new int[] {Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2))})
            .toList();
    int last = marks.isEmpty() ? Math.max(1, lineNumber) : marks.getLast()[0];
    int first = marks.isEmpty() ? last : marks.getFirst()[0];
    int column = marks.isEmpty() ? 1 : marks.getLast()[1];
    if (said.contains("\\t(TAB)") || said.contains("\t(TAB)")) {
      return tab(source, last);
    }
    if (said.contains("mapping values are not allowed") || said.contains("expected ':'")) {
      return misplacedColon(source, last, column);
    }
    if (said.contains("expected <block end>")) {
      return said.contains("'<scalar>'")
          ? new YamlMistake(last, "the value goes on after its quotes: " + QUOTE_INSIDE)
          : unfitting(source, last);
    }
    if (said.contains("while scanning a quoted scalar")) {
      return new YamlMistake(first, "the quote that opens here is never closed: close it");
    }
    if (said.contains("while parsing a flow mapping")) {
      return new YamlMistake(first, "the '{' that opens here is not closed: close it with '}'");
    }
    if (said.contains("while parsing a flow sequence")) {
      return new YamlMistake(first, "the '[' that opens here is not closed: close it with ']'");
    }
    Matcher start = BAD_START.matcher(said);
    if (start.find()) {
      return new YamlMistake(
          last, "a value can't begin with '%s': put it in quotes".formatted(start.group(1)));
    }
    Matcher twice = DUPLICATE.matcher(said);
    if (twice.find()) {
      return new YamlMistake(
          last, "key '%s' is there for the second time: remove one".formatted(twice.group(1)));
    }
    if (said.contains("special characters are not allowed")) {
      return control(source, last);
    }
    String words = said.replaceAll("(?m)^ in '.*$|^ {4}.*$", "").strip().replaceAll("\\R+", ", ");
    return new YamlMistake(last, "is not YAML: " + words);
  }

  private static final String QUOTE_INSIDE =
      "write a single quote inside of single quotes twice, or use double quotes";

  private static YamlMistake tab(Source source, int marked) {
    for (int line = 1; line <= source.lines().size(); line++) {
      String text = source.line(line);
      if (text.substring(0, text.length() - text.stripLeading().length()).contains("\t")) {
        return new YamlMistake(
            line, "begins with a tab: YAML is indented with blanks; write two for each level");
      }
    }
    return new YamlMistake(marked, "holds a tab before a value: write a blank instead");
  }

  /** A colon where no key can be: mostly the line above is what is wrong. */
  private static YamlMistake misplacedColon(Source source, int line, int column) {
    String text = source.line(line);
    int colon = text.indexOf(": ");
    if (colon >= 0 && colon + 1 < column) {
      return new YamlMistake(line, "a value can't hold ': ' as it is: put it in quotes");
    }
    int above = source.above(line);
    if (above > 0) {
      String before = source.line(above).strip();
      Matcher tight = NO_BLANK.matcher(before);
      if (tight.matches()) {
        return new YamlMistake(
            above,
            "'%s' lacks a blank after the colon: write '%s: %s'"
                .formatted(before, tight.group(1), tight.group(2)));
      }
      Matcher bare = NO_COLON.matcher(before);
      if (bare.matches()) {
        return new YamlMistake(
            above,
            "'%s' has no colon: write '%s: %s'".formatted(before, bare.group(1), bare.group(2)));
      }
      if (KEY_AND_VALUE.matcher(before).matches()
          && source.indentation(line) > source.indentation(above)) {
        return new YamlMistake(
            line,
            "is indented by %s, the line above, which has a value, by %s: indent the keys of a section alike"
                .formatted(blanks(source.indentation(line)), source.indentation(above)));
      }
    }
    return unfitting(source, line);
  }

  private static YamlMistake unfitting(Source source, int line) {
    String levels =
        source.levels(line).stream().map(String::valueOf).collect(Collectors.joining(" or "));
    return new YamlMistake(
        line,
        "is indented by %s, which fits no line above (%s): indent the keys of a section alike"
            .formatted(blanks(source.indentation(line)), levels));
  }

  private static YamlMistake control(Source source, int marked) {
    for (int line = 1; line <= source.lines().size(); line++) {
      var odd = source.line(line).chars().filter(c -> c < ' ' && c != '\t').findFirst();
      if (odd.isPresent()) {
        return new YamlMistake(
            line, "holds the control character U+%04X: remove it".formatted(odd.getAsInt()));
      }
    }
    return new YamlMistake(marked, "holds a character that YAML can't: remove it");
  }

  private static String blanks(int count) {
    return count + (count == 1 ? " blank" : " blanks");
  }

  /** The lines of the text, counted from 1. */
  private record Source(List<String> lines) {

    String line(int number) {
      return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
    }

    boolean isEmpty(int number) {
      String text = line(number).strip();
      return text.isEmpty() || text.startsWith("#");
    }

    /** The next line above that says something, or 0. */
    int above(int number) {
      int line = number - 1;
      while (line > 0 && isEmpty(line)) {
        line--;
      }
      return line;
    }

    int indentation(int number) {
      String text = line(number);
      return text.length() - text.stripLeading().length();
    }

    /** Indentations that a line here could have, least first. */
    List<Integer> levels(int number) {
      Deque<Integer> open = new ArrayDeque<>();
      for (int line = 1; line < number; line++) {
        if (!isEmpty(line)) {
          int indentation = indentation(line);
          while (!open.isEmpty() && open.getLast() >= indentation) {
            open.removeLast();
          }
          open.addLast(indentation);
        }
      }
      return List.copyOf(open);
    }
  }
}
