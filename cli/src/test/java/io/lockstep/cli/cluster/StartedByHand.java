package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A run whose coordinator and workers are started one by one, as on several machines.
 *
 * @param folder where the processes start
 * @param out the run's folder
 * @param workers how many the coordinator waits for
 */
record StartedByHand(Path folder, Path recipe, Path out, int workers) {

  /** A run of two workers. */
  StartedByHand(Path folder, Path recipe, Path out) {
    this(folder, recipe, out, 2);
  }

  /** Starts a coordinator that waits for its workers. */
  Launched coordinator(String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("coordinator", "start", "--config", recipe.toString()));
    arguments.addAll(List.of("--workers", Integer.toString(workers), "--out", out.toString()));
    arguments.addAll(List.of("--port-file", portFile().toString()));
    arguments.addAll(List.of(more));
    return Launched.start(folder, arguments.toArray(String[]::new));
  }

  /** Where the coordinator listens, as soon as it does. */
  int port(Launched coordinator) throws Exception {
    while (!Files.exists(portFile())) {
      assertFalse(coordinator.process().waitFor(20, TimeUnit.MILLISECONDS), coordinator::errors);
    }
    return Integer.parseInt(Files.readString(portFile()).strip());
  }

  /** Starts a worker that reaches the coordinator at a port of this machine. */
  Launched worker(String name, int port, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("worker", "start", "--coordinator", "127.0.0.1:" + port, "--name", name));
    arguments.addAll(List.of(more));
    return Launched.start(folder, arguments.toArray(String[]::new));
  }

  private Path portFile() {
    return out.resolveSibling(out.getFileName() + ".port");
  }
}
