package io.lockstep.cli.command.bench;

import io.lockstep.cli.bench.CoordinatorProcess;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.rpc.WorkerSwarm;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench coordinator}. */
@Command(
    name = "coordinator",
    description = {
      "Times a coordinator with many workers that compute nothing: they join, send heartbeats, and"
          + " report every step as soon as they may.",
      "The workers share this process and few connections; the coordinator has a process of its own."
          + " Put both on a pair of cores with taskset -c 0,1."
    })
final class BenchCoordinatorCommand implements Callable<Integer> {

  private static final int MAX_WORKERS = 100_000;
  private static final int MAX_STEPS = 100_000;

  @Option(
      names = "--workers",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "1000",
      description = "Workers, each a stream of its own (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--steps",
      converter = Numbers.Count.class,
      paramLabel = "K",
      defaultValue = "50",
      description = "Measured steps (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--warmup",
      converter = Numbers.Amount.class,
      paramLabel = "K",
      defaultValue = "10",
      description = "Steps before those that are measured (default: ${DEFAULT-VALUE}).")
  private int warmup;

  @Option(
      names = "--heartbeat-millis",
      converter = Numbers.Count.class,
      paramLabel = "MS",
      defaultValue = "1000",
      description = "Interval of each worker's heartbeats (default: ${DEFAULT-VALUE}).")
  private int heartbeatMillis;

  @Option(
      names = "--heap",
      converter = Numbers.Count.class,
      paramLabel = "MIB",
      defaultValue = "1024",
      description = "Heap of the coordinator's process (default: ${DEFAULT-VALUE}).")
  private int heapMebibytes;

  @Option(
      names = "--limit-seconds",
      converter = Numbers.Count.class,
      paramLabel = "S",
      defaultValue = "600",
      description = "Gives up after so long (default: ${DEFAULT-VALUE}).")
  private int limitSeconds;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    Numbers.require("--workers", workers, 1, MAX_WORKERS);
    Numbers.require("--steps", steps, 2, MAX_STEPS);
    Numbers.require("--warmup", warmup, 1, MAX_STEPS);
    Numbers.require("--heartbeat-millis", heartbeatMillis, 1, Integer.MAX_VALUE);
    Numbers.require("--heap", heapMebibytes, 64, Integer.MAX_VALUE);
    CoordinatorProcess.Measurement measured =
        CoordinatorProcess.measure(
            workers,
            Duration.ofMillis(heartbeatMillis),
            warmup,
            steps,
            heapMebibytes,
            Duration.ofSeconds(limitSeconds));
    WorkerSwarm.Result swarm = measured.swarm();
    System.out.printf(
        Locale.ROOT,
        "%,d workers: all ready after %.2f s; commit p50 %.1f ms, p99 %.1f ms; %.1f steps/s,"
            + " %,.0f heartbeats/s; coordinator: %.1f s of CPU, %.0f MiB%n",
        workers,
        swarm.rendezvousSeconds(),
        1e3 * swarm.commitMedianSeconds(),
        1e3 * swarm.commitP99Seconds(),
        swarm.stepsPerSecond(),
        swarm.heartbeatsPerSecond(),
        measured.cpuSeconds(),
        measured.residentMebibytes());
    json.print(
        new JsonLine()
            .put("workers", workers)
            .put("steps", steps)
            .put("rendezvous_s", swarm.rendezvousSeconds())
            .put("commit_p50_s", swarm.commitMedianSeconds())
            .put("commit_p99_s", swarm.commitP99Seconds())
            .put("steps_per_s", swarm.stepsPerSecond())
            .put("heartbeats_per_s", swarm.heartbeatsPerSecond())
            .put("coordinator_cpu_s", measured.cpuSeconds())
            .put("coordinator_rss_mib", measured.residentMebibytes()));
    return 0;
  }
}
