package io.lockstep.cli.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A running (or ended) child process with the file that holds its output. */
public final class Child {

  /** Exit code of a drained run: a checkpoint holds what was done, and more remains. */
  public static final int DRAINED = 3;

  private static final int SIGNAL_BASE = 128;
  private static final String ERROR_PREFIX = "error: ";

  private final String name;
  private final Process process;
  private final Path log;
  private final CompletableFuture<Long> endedNanos;

  Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.endedNanos = process.onExit().thenApply(ended -> System.nanoTime());
  }

  /** The name in messages and of the log file, for example {@code worker-0}. */
  public String name() {
    return name;
  }

  /** The file with the process's output. */
  public Path log() {
    return log;
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** True until the process has ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** True if it ended with the exit code of a failure. */
  public boolean hasFailed() {
    return !process.isAlive() && process.exitValue() != 0 && !hasDrained();
  }

  /** True if it ended because the run was drained. */
  public boolean hasDrained() {
    return !process.isAlive() && process.exitValue() == DRAINED;
  }

  /** The last line of its output that begins so. */
  public Optional<String> lastLine(String beginning) {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
      return lines.reversed().stream().filter(line -> line.startsWith(beginning)).findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** True if a signal ended it. */
  public boolean wasKilled() {
    return !process.isAlive() && process.exitValue() > SIGNAL_BASE;
  }

  /** When it ended, on the clock of {@link System#nanoTime}; now while it runs. */
  long endedNanos() {
    return endedNanos.getNow(System.nanoTime());
  }

  /** Waits for the end, at most {@code time}; true if it has ended. */
  public boolean await(Duration time) {
    try {
      return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  /** How it ended, with the error that it printed if there is one; one line. */
  public String exitDescription() {
    if (process.isAlive()) {
      return name + " is running";
    }
    int code = process.exitValue();
    if (code > SIGNAL_BASE) {
      return "%s (process %d) was killed by signal %d; its log is %s"
          .formatted(name, process.pid(), code - SIGNAL_BASE, log);
    }
    return lastError()
        .map(error -> "%s: %s".formatted(name, error))
        .orElseGet(() -> "%s ended with exit code %d; its log is %s".formatted(name, code, log));
  }

  private Optional<String> lastError() {
    return lastLine(ERROR_PREFIX).map(line -> line.substring(ERROR_PREFIX.length()));
  }

  /**
   * Asks it to end, by closing its standard input ({@link ParentWatch}), and returns at once. A
   * signal would not do, since it may come from anybody.
   */
  public void terminate() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      process.destroy();
    }
  }

  void kill() {
    process.destroyForcibly();
  }

  /** Sends it a signal, such as {@code STOP}. */
  void signal(String signal) {
    try {
      Process sender =
          new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
              .inheritIO()
              .start();
      sender.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("can't signal " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
