package io.lockstep.cli.process;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.security.Endpoint;
import io.lockstep.worker.config.RecipeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator and its workers as processes of this machine, for one run, which goes on without a
 * worker that is killed. A schedule may inject faults into any process, and start it again.
 */
public final class LocalCluster implements AutoCloseable {

  private static final String COORDINATOR = "coordinator";
  private static final String WORKER = "worker-";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration CAUSE_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration POLL_WITH_FAULTS = Duration.ofMillis(10);

  /** It computes nothing: the second compiler would only cost time. */
  private static final List<String> COORDINATOR_JVM =
      List.of("-Xmx512m", "-XX:TieredStopAtLevel=1");

  private static final List<String> WORKER_JVM = List.of("-Xmx1g");

  private final ProcessGroup group;
  private final Options options;
  private final FaultInjection faults;
  private final Map<String, Child> processes = new LinkedHashMap<>();
  private final Set<String> lost = new LinkedHashSet<>();
  private final Endpoint endpoint;
  private volatile boolean draining;

  private LocalCluster(ProcessGroup group, Options options) throws IOException {
    this.group = group;
    this.options = options;
    faults = new FaultInjection(options.schedule(), options.folder().root());
    start(COORDINATOR, 0, options.beginning().resume());
    endpoint = Endpoint.local(group.awaitPort(coordinator(), START_TIMEOUT));
    for (int worker = 0; worker < options.workers(); worker++) {
      start(WORKER + worker, endpoint.port(), false);
    }
  }

  /**
   * What to start.
   *
   * @param recipe the run's configuration
   * @param workers number of worker processes
   * @param threads threads of each worker's tensor operations
   * @param cuda whether worker N computes on CUDA device N, or all on the CPU
   * @param beginning where the run begins
   * @param schedule faults to inject into them
   * @param workerOptions further options of each worker
   */
  public record Options(
      RecipeFile recipe,
      int workers,
      int threads,
      boolean cuda,
      RunFolder folder,
      Beginning beginning,
      KillSchedule schedule,
      List<String> workerOptions) {

    public Options {
      workerOptions = List.copyOf(workerOptions);
    }

    /** A new run without faults. */
    public Options(RecipeFile recipe, int workers, int threads, boolean cuda, RunFolder folder) {
      this(recipe, workers, threads, cuda, folder, Beginning.NEW, KillSchedule.NONE, List.of());
    }

    /** A new run without faults on the CPU. */
    public Options(RecipeFile recipe, int workers, int threads, RunFolder folder) {
      this(recipe, workers, threads, false, folder, Beginning.NEW, KillSchedule.NONE, List.of());
    }
  }

  /**
   * Where a run begins.
   *
   * @param resume where the folder's run stopped
   * @param from at this checkpoint of another run
   * @param acknowledged keys of the configuration that may differ from what it began with
   */
  public record Beginning(boolean resume, Optional<Path> from, List<String> acknowledged) {

    /** At the first step. */
    public static final Beginning NEW = new Beginning(false, Optional.empty(), List.of());

    public Beginning {
      acknowledged = List.copyOf(acknowledged);
    }
  }

  /** Starts all processes in {@code group}, which the caller closes. */
  public static LocalCluster start(ProcessGroup group, Options options) throws IOException {
    return new LocalCluster(group, options);
  }

  /** Where the coordinator listens, also after it was started again. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /**
   * Asks the run to end with a checkpoint.
   *
   * @param by who asks, one line
   * @return steps after which the run ends
   * @throws UserError if the coordinator doesn't answer any more
   */
  public long drain(String by) {
    draining = true;
    return CoordinatorClient.drain(endpoint, by);
  }

  private Child coordinator() {
    return process(COORDINATOR);
  }

  private Child process(String name) {
    Child child = processes.get(name);
    if (child == null) {
      throw new IllegalStateException("there is no process " + name);
    }
    return child;
  }

  private List<Child> workers() {
    return processes.values().stream().filter(child -> !child.name().equals(COORDINATOR)).toList();
  }

  private void start(String name, int port, boolean resume) throws IOException {
    boolean coordinates = name.equals(COORDINATOR);
    processes.put(
        name,
        coordinates
            ? group.start(name, COORDINATOR_JVM, coordinatorArguments(port, resume))
            : group.start(name, WORKER_JVM, workerArguments(name, port)));
  }

  private List<String> coordinatorArguments(int port, boolean resume) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "coordinator",
                "start",
                "--config",
                options.recipe().file().toAbsolutePath().toString(),
                "--workers",
                Integer.toString(options.workers()),
                "--out",
                options.folder().root().toString(),
                "--port",
                Integer.toString(port),
                "--port-file",
                group.portFile(COORDINATOR).toString()));
    options
        .recipe()
        .base()
        .ifPresent(
            base -> arguments.addAll(List.of("--base_config", base.toAbsolutePath().toString())));
    Beginning beginning = options.beginning();
    if (resume) {
      arguments.add("--resume");
    } else {
      beginning
          .from()
          .ifPresent(from -> arguments.addAll(List.of("--resume-from", from.toString())));
    }
    if (resume || beginning.from().isPresent()) {
      beginning.acknowledged().forEach(key -> arguments.addAll(List.of("--acknowledge", key)));
    }
    return arguments;
  }

  private List<String> workerArguments(String name, int port) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "worker",
                "start",
                "--coordinator",
                Endpoint.local(port).toString(),
                "--name",
                name,
                "--threads",
                Integer.toString(options.threads()),
                "--device",
                options.cuda() ? "cuda:" + name.substring(WORKER.length()) : "cpu"));
    arguments.addAll(options.workerOptions());
    return arguments;
  }

  /**
   * Waits for the end of the run.
   *
   * @param listener called with the run's status a few times a second
   * @param notices called when a process is lost, and for each warning and error that one logs,
   *     with one line
   * @return why the run was drained, one line; empty if it was not
   * @throws UserError naming the process that ended the run, if it failed
   */
  public Optional<String> await(Consumer<RunStatus> listener, Consumer<String> notices)
      throws IOException {
    Heard heard = new Heard(listener, notices);
    try {
      return awaitEnd(heard);
    } finally {
      heard.warnings();
    }
  }

  /** Passes on what is told of the run; what a worker warns of and the coordinator says is one. */
  private final class Heard {
    private final Consumer<RunStatus> listener;
    private final Consumer<String> notices;
    private final List<String> said = new ArrayList<>();

    Heard(Consumer<RunStatus> listener, Consumer<String> notices) {
      this.listener = listener;
      this.notices = notices;
    }

    void status(RunStatus status) {
      status.notices().forEach(notice -> said(notice.text()));
      listener.accept(status);
    }

    void notice(String text) {
      said(text);
      notices.accept(text);
    }

    private void said(String text) {
      if (!said.contains(text)) {
        said.add(text);
      }
    }

    /** Passes on what the run's processes have logged since the last time. */
    void warnings() throws IOException {
      for (LogWarnings.Warning warning : group.freshWarnings(processes.keySet())) {
        if (said.stream().noneMatch(text -> text.contains(warning.text()))) {
          notices.accept(warning.line());
        }
      }
    }
  }

  private Optional<String> awaitEnd(Heard heard) throws IOException {
    Duration poll = faults.isEmpty() ? POLL : POLL_WITH_FAULTS;
    long steps = 0;
    try (Inquiry inquiry = new Inquiry(endpoint)) {
      while (!coordinator().await(poll) || faults.restarts(COORDINATOR)) {
        RunStatus status = status(inquiry);
        if (status != null) {
          steps = status.steps();
          heard.status(status);
          faults.inject(status, this::process);
        } else {
          LockSupport.parkNanos(poll.toNanos());
        }
        for (String name : faults.dueRestarts()) {
          lost.remove(name);
          start(name, endpoint.port(), name.equals(COORDINATOR));
        }
        heard.warnings();
        watch(steps, heard::notice);
      }
    }
    faults.continueAll();
    if (coordinator().hasFailed()) {
      throw failure(steps);
    }
    for (Child worker : workers()) {
      // A worker that is still starting when a run ends before its first step is not waited for.
      boolean unbegun = steps == 0 && coordinator().hasDrained();
      if (!unbegun && !faults.mayBeLate(worker.name()) && !worker.await(END_TIMEOUT)) {
        throw new UserError(
            "%s hangs after the end of the run; its log is %s"
                .formatted(worker.name(), worker.log()));
      }
    }
    return coordinator().hasDrained()
        ? Optional.of(coordinator().lastLine("drained by ").orElse("drained"))
        : Optional.empty();
  }

  /** The run's status; null while the coordinator doesn't answer. */
  private @Nullable RunStatus status(Inquiry inquiry) {
    try {
      return inquiry.status();
    } catch (UserError e) {
      // It may be about to end, or to be started again; if not, the next question is answered.
      return null;
    }
  }

  /** A client that connects again when the coordinator was started again. */
  private static final class Inquiry implements AutoCloseable {
    private final Endpoint endpoint;
    private CoordinatorClient client;

    Inquiry(Endpoint endpoint) {
      this.endpoint = endpoint;
      client = new CoordinatorClient(endpoint);
    }

    RunStatus status() {
      try {
        return client.status();
      } catch (UserError e) {
        client.close();
        client = new CoordinatorClient(endpoint);
        throw e;
      }
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** Fails the run if a worker has failed, or if the last one was killed. */
  private void watch(long steps, Consumer<String> notices) {
    for (Child worker : workers()) {
      if (worker.hasFailed() && !lost.contains(worker.name())) {
        if (!worker.wasKilled()) {
          // If the run has ended, the coordinator gives the reason.
          if (coordinator().await(CAUSE_TIMEOUT) && !coordinator().hasFailed()) {
            return;
          }
          Child first = coordinator().hasFailed() ? coordinator() : worker;
          throw new UserError(
              "the run ended after %d steps: %s".formatted(steps, first.exitDescription()));
        }
        lost.add(worker.name());
        notices.accept(worker.exitDescription() + "; the run goes on without it");
      }
    }
    boolean hopeless =
        workers().stream()
            .allMatch(worker -> lost.contains(worker.name()) && !faults.restarts(worker.name()));
    if (hopeless && !draining) {
      // A job's end sends the signal to all its processes, in any order.
      coordinator().await(CAUSE_TIMEOUT);
      if (!draining) {
        throw failure(steps);
      }
    }
  }

  private UserError failure(long steps) {
    // The coordinator may be about to give the reason, and others may be about to end.
    coordinator().await(CAUSE_TIMEOUT);
    for (Child worker : workers()) {
      worker.await(CAUSE_TIMEOUT);
    }
    String cause =
        group
            .firstCause()
            .map(Child::exitDescription)
            .orElse("a process hangs after the end of the run; see " + coordinator().log());
    return new UserError("the run ended after %d steps: %s".formatted(steps, cause));
  }

  /** Stops what still runs. */
  @Override
  public void close() {
    workers().forEach(Child::terminate);
    coordinator().terminate();
  }
}
