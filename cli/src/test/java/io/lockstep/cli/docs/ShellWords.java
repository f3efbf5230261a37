package io.lockstep.cli.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The simple commands of a line of shell, as words without their quotes. Knows what pages use:
 * quotes, comments, pipes, lists, redirections, assignments in front, here documents.
 */
final class ShellWords {

  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s+|(?<comment>(?<=^|\\s)#[^\\n]*)|(?<end>\\|\\||&&|[|;&])|(?<redirect>\\d*[<>]+&?)"
              + "|(?<word>(?:'[^']*'|\"(?:\\\\.|[^\"\\\\])*\"|\\\\.|[^\\s|;&<>'\"\\\\])+)");
  private static final Pattern ASSIGNMENT = Pattern.compile("[A-Za-z_]\\w*=.*", Pattern.DOTALL);

  private ShellWords() {}

  /** The commands, each with its program first; assignments alone are none. */
  static List<List<String>> commands(String text) {
    String line = text.replace("\\\n", " ");
    if (line.contains("<<")) {
      line = line.lines().findFirst().orElse("");
    }
    List<List<String>> commands = new ArrayList<>();
    List<String> words = new ArrayList<>();
    boolean redirected = false;
    Matcher token = TOKEN.matcher(line);
    int end = 0;
    while (token.lookingAt()) {
      if (token.group("word") != null && !redirected) {
        String word = unquoted(token.group("word"));
        if (!words.isEmpty() || !ASSIGNMENT.matcher(word).matches()) {
          words.add(word);
        }
      } else if (token.group("end") != null && !words.isEmpty()) {
        commands.add(words);
        words = new ArrayList<>();
      }
      redirected = token.group("redirect") != null || (redirected && token.group("word") == null);
      end = token.end();
      token.region(end, line.length());
    }
    if (end < line.length()) {
      throw new IllegalArgumentException("not understood: " + line.substring(end));
    }
    if (!words.isEmpty()) {
      commands.add(words);
    }
    return commands;
  }

  private static String unquoted(String word) {
    return word.replaceAll("'([^']*)'|\"((?:\\\\.|[^\"\\\\])*)\"|\\\\(.)", "$1$2$3");
  }
}
