package io.lockstep.cli.bench;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Child;
import io.lockstep.cli.process.ProcessGroup;
import io.lockstep.cli.rpc.WorkerSwarm;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A coordinator in a process of its own, and a swarm of workers that keeps it busy. */
public final class CoordinatorProcess {

  private static final String NAME = "coordinator";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final double NANOS = 1e9;
  private static final double KIBIBYTES_IN_MEBIBYTE = 1024;

  private CoordinatorProcess() {}

  /**
   * What was measured.
   *
   * @param cpuSeconds of the coordinator's process, start included
   * @param residentMebibytes most memory its process had
   */
  public record Measurement(
      WorkerSwarm.Result swarm, double cpuSeconds, double residentMebibytes) {}

  /** Starts the coordinator, lets the swarm train and ends both. */
  public static Measurement measure(
      int workers, Duration heartbeat, int warmup, int steps, int heapMebibytes, Duration atMost)
      throws IOException, InterruptedException {
    try (ScratchFolder folder = ScratchFolder.create();
        ProcessGroup group = new ProcessGroup(folder.path())) {
      Child coordinator =
          group.start(
              NAME,
              List.of("-Xmx" + heapMebibytes + "m"),
              List.of(
                  "bench",
                  "coordinator-server",
                  "--workers",
                  Integer.toString(workers),
                  "--heartbeat-millis",
                  Long.toString(heartbeat.toMillis()),
                  "--out",
                  folder.path().resolve("run").toString(),
                  "--port-file",
                  group.portFile(NAME).toString()));
      Endpoint endpoint = Endpoint.local(group.awaitPort(coordinator, START_TIMEOUT));
      try (WorkerSwarm swarm =
          new WorkerSwarm(new WorkerSwarm.Options(endpoint, workers, heartbeat, warmup, steps))) {
        WorkerSwarm.Result result = swarm.run(atMost);
        return new Measurement(result, cpuSeconds(coordinator), residentMebibytes(coordinator));
      } catch (UserError failed) {
        throw new UserError(
            "%s; the coordinator's log ends with: %s"
                .formatted(failed.getMessage(), lastLine(coordinator.log())),
            failed);
      }
    }
  }

  private static double cpuSeconds(Child process) {
    return ProcessHandle.of(process.pid())
        .flatMap(handle -> handle.info().totalCpuDuration())
        .map(cpu -> cpu.toNanos() / NANOS)
        .orElse(Double.NaN);
  }

  /** What Linux says; not a number elsewhere. */
  private static double residentMebibytes(Child process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.isReadable(status)) {
      return Double.NaN;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
        .map(kibibytes -> kibibytes / KIBIBYTES_IN_MEBIBYTE)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static String lastLine(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.isEmpty() ? "nothing" : lines.getLast();
  }
}
