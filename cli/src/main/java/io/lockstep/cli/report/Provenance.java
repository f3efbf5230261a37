package io.lockstep.cli.report;

import io.lockstep.cli.console.Installation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;

/**
 * When and on what a run was made.
 *
 * @param date with time and zone
 * @param commit of Lockstep
 * @param processor its name and the number of its cores
 * @param system operating system
 * @param java the runtime
 */
public record Provenance(String date, String commit, String processor, String system, String java) {

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final String UNKNOWN = "unknown";

  /** Of this moment on this machine. */
  public static Provenance here() {
    return new Provenance(
        ZonedDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z")),
        commitOf(Installation.home()),
        "%s, %d cores".formatted(processorName(), Runtime.getRuntime().availableProcessors()),
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")),
        "Java " + Runtime.version());
  }

  private static String processorName() {
    if (!Files.isReadable(PROCESSORS)) {
      return System.getProperty("os.arch", UNKNOWN);
    }
    try {
      return Files.readAllLines(PROCESSORS).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(UNKNOWN);
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  private static String commitOf(Path home) {
    try {
      Process git =
          new ProcessBuilder(
                  "git", "-C", home.toAbsolutePath().toString(), "describe", "--always", "--dirty")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(5, TimeUnit.SECONDS) && git.exitValue() == 0 ? said : UNKNOWN;
    } catch (IOException e) {
      // Without git there is none.
      return UNKNOWN;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return UNKNOWN;
    }
  }
}
