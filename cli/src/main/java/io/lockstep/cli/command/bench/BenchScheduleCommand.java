package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.ScheduleBench;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench schedule}. */
@Command(
    name = "schedule",
    description =
        "Times the epoch order: how soon the first sample of an epoch is known, and how many"
            + " positions one core walks per second.")
final class BenchScheduleCommand implements Callable<Integer> {

  @Option(
      names = "--samples",
      converter = Numbers.LongCount.class,
      paramLabel = "N",
      defaultValue = "1000000000000",
      description = "Size of the data set (default: ${DEFAULT-VALUE}).")
  private long samples;

  @Option(
      names = "--positions",
      converter = Numbers.LongCount.class,
      paramLabel = "K",
      defaultValue = "20000000",
      description = "Positions walked in a round (default: ${DEFAULT-VALUE}).")
  private long positions;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    ScheduleBench.Result result = ScheduleBench.measure(samples, positions);
    System.out.printf(
        Locale.ROOT,
        "%,d samples: first sample of an epoch after %.1f us (the very first, %.1f us),"
            + " %.1f M positions/s, %.1f M draws/s through the plan%n",
        samples,
        1e6 * result.firstSampleMedian(),
        1e6 * result.firstSampleCold(),
        result.positionsPerSecond() / 1e6,
        result.drawsPerSecond() / 1e6);
    json.print(
        new JsonLine()
            .put("samples", samples)
            .put("first_sample_s", result.firstSampleMedian())
            .put("first_sample_cold_s", result.firstSampleCold())
            .put("first_sample_worst_s", result.firstSampleWorst())
            .put("positions_per_s", result.positionsPerSecond())
            .put("draws_per_s", result.drawsPerSecond()));
    return 0;
  }
}
