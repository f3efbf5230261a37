package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A {@code lockstep} command running as a process of its own, as a user would start it. */
final class Launched implements AutoCloseable {

  /** Runs of seconds never earn back what the second compiler and verifying classes cost. */
  private static final List<String> FAST_START =
      List.of(
          "-XX:TieredStopAtLevel=1",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:-BytecodeVerificationRemote");

  private static final int TIMEOUT_SECONDS = 300;

  private final Process process;
  private final Path out;
  private final Path err;

  private Launched(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** What starts a command; its arguments follow. */
  static List<String> command() {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Djava.awt.headless=true",
                "-Dstdout.encoding=UTF-8",
                "-Dstderr.encoding=UTF-8",
                "-cp",
                ClassArchive.CLASS_PATH,
                "io.lockstep.cli.Main"));
    command.addAll(1, FAST_START);
    command.addAll(1, ClassArchive.OPTIONS);
    return command;
  }

  static Launched start(Path folder, String... arguments) throws IOException {
    return start(folder, Map.of(), arguments);
  }

  private static Launched start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = command();
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "stdout", ".txt");
    Path err = Files.createTempFile(folder, "stderr", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("LOCKSTEP_JAVA_OPTS", String.join(" ", FAST_START));
    builder.environment().putAll(environment);
    return new Launched(builder.start(), out, err);
  }

  static Launched run(Path folder, String... arguments) throws IOException, InterruptedException {
    return run(folder, Map.of(), arguments);
  }

  /** Runs a command with more in its environment, and waits for its end. */
  static Launched run(Path folder, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    Launched launched = start(folder, environment, arguments);
    launched.await();
    return launched;
  }

  /** Trains with a recipe, and waits for the end. */
  static Launched train(Path folder, Path recipe, int workers, String out, String... more)
      throws IOException, InterruptedException {
    return train(folder, Map.of(), recipe, workers, out, more);
  }

  /** Trains with a recipe and more in the environment, and waits for the end. */
  static Launched train(
      Path folder,
      Map<String, String> environment,
      Path recipe,
      int workers,
      String out,
      String... more)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("train", "--config", recipe.toString()));
    arguments.addAll(List.of("--workers", Integer.toString(workers), "--out", out));
    arguments.addAll(List.of(more));
    return run(folder, environment, arguments.toArray(String[]::new));
  }

  void await() throws InterruptedException {
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s");
    }
  }

  Process process() {
    return process;
  }

  String out() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  /**
   * The first line on standard output that holds what this expression matches, as soon as there is
   * one.
   */
  String awaitLine(String expression) throws InterruptedException, IOException {
    for (int waited = 0; waited < TIMEOUT_SECONDS * 50; waited++) {
      Optional<String> line =
          out().lines().filter(Pattern.compile(expression).asPredicate()).findFirst();
      if (line.isPresent()) {
        return line.get();
      }
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    throw new AssertionError("no '" + expression + "' in: " + out() + errors());
  }

  /** Waits until a run's log has so many steps. */
  void awaitSteps(Path run, int steps) throws InterruptedException, IOException {
    while (Metrics.read(new RunFolder(run).metrics()).rows().size() < steps) {
      assertFalse(process.waitFor(20, TimeUnit.MILLISECONDS), this::errors);
    }
  }

  /** Standard error so far, for messages. */
  String errors() {
    try {
      return Files.readString(err, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  String lastLine() throws IOException {
    return out().lines().toList().getLast();
  }

  /** Asserts success. */
  Launched succeeded() throws IOException {
    assertEquals(0, process.exitValue(), errors());
    return this;
  }

  /** Asserts a failure that is told in one line on standard error; returns the line. */
  String failedWith(int exitCode, String... parts) throws IOException {
    String text = errors();
    assertEquals(exitCode, process.exitValue(), text);
    assertEquals(1, text.lines().count(), text);
    assertTrue(text.startsWith("error: "), text);
    for (String part : parts) {
      assertTrue(text.contains(part), () -> "no '" + part + "' in: " + text);
    }
    return text;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
