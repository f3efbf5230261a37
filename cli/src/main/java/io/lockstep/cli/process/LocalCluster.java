package io.lockstep.cli.process;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.cli.rpc.Endpoint;
import io.lockstep.cli.rpc.RunStatus;
import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A coordinator and its workers as processes of this machine, for one run. */
public final class LocalCluster implements AutoCloseable {

  private static final Duration START_PATIENCE = Duration.ofSeconds(60);
  private static final Duration END_PATIENCE = Duration.ofSeconds(20);
  private static final Duration BLAME_PATIENCE = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(250);

  /** It starts quickly and has nothing to compute: the second compiler would only cost time. */
  private static final List<String> COORDINATOR_JVM =
      List.of("-Xmx512m", "-XX:TieredStopAtLevel=1");

  private static final List<String> WORKER_JVM = List.of("-Xmx1g");

  private final ProcessGroup group;
  private final Child coordinator;
  private final List<Child> workers;
  private final Endpoint endpoint;

  private LocalCluster(
      ProcessGroup group, Child coordinator, List<Child> workers, Endpoint endpoint) {
    this.group = group;
    this.coordinator = coordinator;
    this.workers = List.copyOf(workers);
    this.endpoint = endpoint;
  }

  /**
   * What to start.
   *
   * @param config the run's configuration
   * @param workers number of worker processes
   * @param threads threads of each worker's tensor operations
   */
  public record Options(Path config, int workers, int threads, RunFolder folder) {}

  /** Starts all processes in {@code group}, which this cluster doesn't own. */
  public static LocalCluster start(ProcessGroup group, Options options) throws IOException {
    String name = "coordinator";
    Child coordinator =
        group.start(
            name,
            COORDINATOR_JVM,
            List.of(
                "coordinator",
                "start",
                "--config",
                options.config().toAbsolutePath().toString(),
                "--workers",
                Integer.toString(options.workers()),
                "--out",
                options.folder().root().toString(),
                "--port-file",
                group.portFile(name).toString()));
    Endpoint endpoint = Endpoint.local(group.awaitPort(coordinator, START_PATIENCE));
    List<Child> workers = new ArrayList<>();
    for (int i = 0; i < options.workers(); i++) {
      String worker = "worker-" + i;
      workers.add(
          group.start(
              worker,
              WORKER_JVM,
              List.of(
                  "worker",
                  "start",
                  "--coordinator",
                  endpoint.toString(),
                  "--name",
                  worker,
                  "--threads",
                  Integer.toString(options.threads()))));
    }
    return new LocalCluster(group, coordinator, workers, endpoint);
  }

  /** Where the coordinator listens. */
  public Endpoint coordinator() {
    return endpoint;
  }

  /**
   * Waits for the end of the run.
   *
   * @param listener is told how the run goes, a few times a second
   * @throws UserError naming the process that ended the run, if it failed
   */
  public void await(Consumer<RunStatus> listener) {
    long steps = 0;
    try (CoordinatorClient client = new CoordinatorClient(endpoint)) {
      while (!coordinator.await(POLL) && workers.stream().noneMatch(Child::hasFailed)) {
        try {
          RunStatus status = client.status();
          steps = status.steps();
          listener.accept(status);
        } catch (UserError e) {
          if (coordinator.await(BLAME_PATIENCE)) {
            break;
          }
          throw e;
        }
      }
    }
    boolean ended = coordinator.await(BLAME_PATIENCE);
    if (!ended || coordinator.hasFailed()) {
      throw failure(steps);
    }
    for (Child worker : workers) {
      if (!worker.await(END_PATIENCE) || worker.hasFailed()) {
        throw failure(steps);
      }
    }
  }

  private UserError failure(long steps) {
    // A killed worker takes its peers with it: let all of them end before looking for the first.
    for (Child worker : workers) {
      worker.await(BLAME_PATIENCE);
    }
    String cause =
        group
            .firstCause()
            .map(Child::obituary)
            .orElse("a process hangs after the end of the run; see " + coordinator.log());
    return new UserError("the run ended after %d steps: %s".formatted(steps, cause));
  }

  /** Stops what still runs. */
  @Override
  public void close() {
    workers.forEach(Child::terminate);
    coordinator.terminate();
  }
}
