package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.AllReduceBench;
import io.lockstep.cli.bench.AllReduceProcesses;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TlsOptions;
import io.lockstep.cli.console.JsonLine;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench allreduce}. */
@Command(
    name = "allreduce",
    description = {
      "Times the sum of float32 memory over processes of this machine: reduce-scatter along the"
          + " tree, then all-gather, as gradients and parameters use them. Every sum is checked.",
      "Ranks of one host share memory unless --tcp-only is given. With certificates, bytes that pass"
          + " through TCP are encrypted."
    })
final class BenchAllReduceCommand implements Callable<Integer> {

  private static final int MAX_WORLD = 64;
  private static final int MAX_MEGABYTES = 8192;
  private static final int MAX_ITERATIONS = 100_000;

  @Option(
      names = "--world",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "2",
      description = "Number of processes (default: ${DEFAULT-VALUE}).")
  private int world;

  @Option(
      names = "--megabytes",
      converter = Numbers.Count.class,
      paramLabel = "M",
      defaultValue = "64",
      description = "MiB that every process contributes (default: ${DEFAULT-VALUE}).")
  private int megabytes;

  @Option(
      names = "--iterations",
      converter = Numbers.Count.class,
      paramLabel = "K",
      defaultValue = "20",
      description = "Timed rounds, after some that are not (default: ${DEFAULT-VALUE}).")
  private int iterations;

  @Option(names = "--tcp-only", description = "Send all bytes through TCP, as between hosts.")
  private boolean tcpOnly;

  @Mixin private TlsOptions tls = new TlsOptions();

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    Numbers.require("--world", world, 1, MAX_WORLD);
    Numbers.require("--megabytes", megabytes, 1, MAX_MEGABYTES);
    Numbers.require("--iterations", iterations, 1, MAX_ITERATIONS);
    AllReduceBench.Result result =
        AllReduceProcesses.measure(world, megabytes, iterations, !tcpOnly, tls.given());
    double gigabytes = megabytes / 1024.0 / result.medianSeconds();
    System.out.printf(
        Locale.ROOT,
        "%d MiB over %d processes, %d rounds: median %.2f ms, p99 %.2f ms, %.2f GiB/s%n",
        megabytes,
        world,
        iterations,
        1e3 * result.medianSeconds(),
        1e3 * result.p99Seconds(),
        gigabytes);
    json.print(
        new JsonLine()
            .put("world", world)
            .put("megabytes", megabytes)
            .put("iterations", iterations)
            .put("shared_memory", !tcpOnly)
            .put("tls", tls.open().isPresent())
            .put("median_s", result.medianSeconds())
            .put("p99_s", result.p99Seconds())
            .put("algbw_GBps", gigabytes));
    return 0;
  }
}
