package io.lockstep.cli.docs;

import io.lockstep.cli.docs.CommandTable.Way;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs the commands of a page in their order, in one shell, as somebody who reads it would.
 *
 * @param folder where it begins
 * @param environment for {@code bash}, by name
 */
public record ShellSession(Path folder, Map<String, String> environment) {

  private static final Pattern PORT = Pattern.compile("--port (\\d+)");

  /**
   * Runs them.
   *
   * @param heavy whether those that take long are run as well
   * @throws AssertionError if one fails, with its place and what was said last
   */
  public void run(List<PageCommand> commands, CommandTable table, boolean heavy, int seconds)
      throws IOException, InterruptedException {
    Path script = Files.writeString(folder.resolve("page.sh"), script(commands, table, heavy));
    Path said = folder.resolve("page.log");
    ProcessBuilder builder =
        new ProcessBuilder("bash", script.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().putAll(environment);
    Process shell = builder.start();
    try {
      boolean ended = shell.waitFor(seconds, TimeUnit.SECONDS);
      if (!ended || shell.exitValue() != 0) {
        List<String> lines = Files.readString(said, StandardCharsets.UTF_8).lines().toList();
        throw new AssertionError(
            (ended ? "a command failed:\n" : "not done after " + seconds + " s:\n")
                + String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size())));
      }
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
  }

  /** Whether any of the commands is run. */
  public static boolean runsAny(List<PageCommand> commands, CommandTable table, boolean heavy) {
    return commands.stream().anyMatch(command -> isRun(table.way(command), heavy));
  }

  private static boolean isRun(Way way, boolean heavy) {
    return switch (way) {
      case RUN -> true;
      case HEAVY -> heavy;
      case CHECKED -> false;
    };
  }

  private static String script(List<PageCommand> commands, CommandTable table, boolean heavy) {
    StringBuilder script =
        new StringBuilder(
            """
            set -euE -o pipefail
            export PATH="$PWD/bin:$PATH"
            trap 'echo "FAILED: $at"' ERR
            trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
            """);
    Map<String, String> values =
        table.valuesWithPorts(commands.isEmpty() ? "" : commands.getFirst().page());
    for (PageCommand command : commands) {
      if (isRun(table.way(command), heavy)) {
        String text = CommandTable.filledIn(command.text(), values);
        script.append("at='%s'; echo \"== $at\"\n".formatted(command.place()));
        script.append(
            table.serves(command) ? "{ exec " + text + "\n} &\n" + untilServing(text) : text);
        script.append('\n');
      }
    }
    return script.toString();
  }

  private static String untilServing(String text) {
    Matcher port = PORT.matcher(text);
    if (!port.find()) {
      throw new IllegalArgumentException("no --port in: " + text);
    }
    return "until (exec 3<>/dev/tcp/127.0.0.1/%s) 2>/dev/null; do kill -0 $!; sleep 0.2; done"
        .formatted(port.group(1));
  }
}
