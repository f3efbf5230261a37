package io.lockstep.cli.process;

import io.lockstep.cli.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Child processes that live no longer than this object, nor than this process: {@link #close}, a
 * shutdown hook (Ctrl-C, SIGTERM) and {@link ParentWatch} (everything else) see to that.
 */
public final class ProcessGroup implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(25);
  private static final Duration GRACE = Duration.ofSeconds(8);

  private final Path logFolder;
  private final String mainClass;
  private final List<Child> children = new ArrayList<>();
  private final Map<String, LogWarnings> logs = new LinkedHashMap<>();
  private final Thread hook = new Thread(this::stopAll, "stop-children");
  private boolean closed;

  /** A group whose children log to {@code logFolder}, which is created. */
  public ProcessGroup(Path logFolder) throws IOException {
    this(logFolder, JavaCommand.MAIN_CLASS);
  }

  ProcessGroup(Path logFolder, String mainClass) throws IOException {
    this.mainClass = mainClass;
    this.logFolder = Files.createDirectories(logFolder);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Starts {@code lockstep <arguments>}; its output goes to {@code <name>.log}.
   *
   * @param jvm options for its JVM
   */
  public synchronized Child start(String name, List<String> jvm, List<String> arguments)
      throws IOException {
    if (closed) {
      throw new UserError("not starting " + name + ": this command is being stopped");
    }
    // The file of an earlier process names a port that nobody has.
    Files.deleteIfExists(portFile(name));
    Path log = logFolder.resolve(name + ".log");
    if (!logs.containsKey(name)) {
      logs.put(name, new LogWarnings(name, log));
    }
    ProcessBuilder builder =
        new ProcessBuilder(JavaCommand.of(mainClass, jvm, logFolder, arguments))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // One thread per process unless --threads says otherwise: OpenMP would take every core.
    builder.environment().putIfAbsent("OMP_NUM_THREADS", "1");
    Child child = new Child(name, builder.start(), log);
    children.add(child);
    return child;
  }

  /**
   * The warnings and errors that some children have logged since the last time, by whoever logged
   * them.
   *
   * @param names of the children that are asked about
   */
  synchronized List<LogWarnings.Warning> freshWarnings(Set<String> names) throws IOException {
    List<LogWarnings.Warning> fresh = new ArrayList<>();
    for (Map.Entry<String, LogWarnings> each : logs.entrySet()) {
      if (names.contains(each.getKey())) {
        fresh.addAll(each.getValue().fresh());
      }
    }
    return fresh;
  }

  /** The file into which the child of this name writes its port. */
  public Path portFile(String name) {
    return logFolder.resolve(name + ".port");
  }

  /** Waits until {@code child} has written its port and returns it. */
  public int awaitPort(Child child, Duration atMost) throws IOException {
    Path portFile = portFile(child.name());
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!Files.exists(portFile)) {
      if (child.await(POLL)) {
        throw new UserError(child.exitDescription());
      }
      if (System.nanoTime() > deadline) {
        throw new UserError(
            "%s was not ready after %d s; its log is %s"
                .formatted(child.name(), atMost.toSeconds(), child.log()));
      }
    }
    return Integer.parseInt(Files.readString(portFile).strip());
  }

  /**
   * The child whose end explains why the group failed: the first that was killed by a signal, else
   * the first that failed.
   */
  public synchronized Optional<Child> firstCause() {
    return children.stream()
        .filter(Child::hasFailed)
        .min(
            Comparator.comparing((Child child) -> !child.wasKilled())
                .thenComparingLong(Child::endedNanos));
  }

  /** Asks all children to end, latest started first, and kills those that don't. */
  @Override
  public void close() {
    stopAll();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is shutting down: the hook has run or runs now.
      hook.setName("stop-children-at-exit");
    }
  }

  private void stopAll() {
    List<Child> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(children).reversed();
    }
    all.forEach(Child::terminate);
    long deadline = System.nanoTime() + GRACE.toNanos();
    for (Child child : all) {
      long left = Math.max(0, deadline - System.nanoTime());
      if (!child.await(Duration.ofNanos(left))) {
        child.kill();
      }
    }
  }
}
