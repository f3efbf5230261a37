package io.lockstep.cli.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A command that a page shows, with all of its lines.
 *
 * @param page its path from the root of the repository
 * @param line the number of its first line
 */
public record PageCommand(String page, int line, String text) {

  private static final Pattern SHELL = Pattern.compile("```(sh|bash|shell)\\b.*");
  private static final Pattern HERE_DOCUMENT = Pattern.compile("<<-?\\s*['\"]?(\\w+)['\"]?");

  /** A line that is indented as code, and begins as a command does. */
  private static final Pattern INDENTED =
      Pattern.compile(
          "(    |\t)(\\./|bin/|tools/|lockstep |mvn |kubectl |helm |java |python3? ).*");

  /** Where it stands, for messages. */
  public String place() {
    return page + ":" + line;
  }

  /**
   * The commands of a page: each line of its blocks of {@code sh}, and those after a {@code $} in
   * other blocks, where what follows is what they print.
   *
   * @throws IllegalArgumentException if a command is not in such a block, or a block has no end
   */
  static List<PageCommand> of(String page, String markdown) {
    List<PageCommand> commands = new ArrayList<>();
    List<String> lines = markdown.lines().toList();
    String fence = "";
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (fence.isEmpty()) {
        if (line.startsWith("```")) {
          fence = SHELL.matcher(line).matches() ? "shell" : "other";
        } else if (INDENTED.matcher(line).matches()) {
          throw new IllegalArgumentException(
              "%s:%d: put commands into a block that begins with ```sh: %s"
                  .formatted(page, i + 1, line));
        }
      } else if (line.startsWith("```")) {
        fence = "";
      } else if (fence.equals("shell") && !line.isBlank() && !line.startsWith("#")) {
        int last = last(lines, i);
        commands.add(new PageCommand(page, i + 1, String.join("\n", lines.subList(i, last + 1))));
        i = last;
      } else if (fence.equals("other") && line.startsWith("$ ")) {
        commands.add(new PageCommand(page, i + 1, line.substring(2)));
      }
    }
    if (!fence.isEmpty()) {
      throw new IllegalArgumentException(page + ": a block of ``` has no end");
    }
    return commands;
  }

  /** The last line of the command that begins at a line. */
  private static int last(List<String> lines, int first) {
    var here = HERE_DOCUMENT.matcher(lines.get(first));
    int last = first;
    if (here.find()) {
      do {
        last++;
      } while (!lines.get(last).equals(here.group(1)));
    } else {
      while (lines.get(last).endsWith("\\")) {
        last++;
      }
    }
    return last;
  }
}
