package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.KernelBench;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.console.UsageError;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep bench kernels}. */
@Command(
    name = "kernels",
    description =
        "Times what is computed on flat memory between backward and commit (sums, AdamW, norms,"
            + " checksums, casts) with JMH, on one core.")
final class BenchKernelsCommand implements Callable<Integer> {

  @Option(
      names = "--kernel",
      paramLabel = "REGEX",
      defaultValue = "",
      description = "Only kernels whose name it finds, such as adamW; all by default.")
  private String kernel = "";

  @Option(
      names = "--millis",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "1000",
      description = "Length of each of the eight iterations (default: ${DEFAULT-VALUE}).")
  private int millis;

  @Option(names = "--json", description = "Print one JSON object for each kernel and size.")
  private boolean json;

  @Override
  public Integer call() throws RunnerException {
    for (KernelBench.Result each : measure()) {
      double rate = each.values() / each.microseconds() / 1e3;
      if (json) {
        System.out.println(
            new JsonLine()
                .put("kernel", each.name())
                .put("values", each.values())
                .put("us", each.microseconds())
                .put("error_us", each.error())
                .put("gvalues_per_s", rate));
      }
    }
    return 0;
  }

  private List<KernelBench.Result> measure() throws RunnerException {
    try {
      var _ = Pattern.compile(kernel);
      List<KernelBench.Result> results = KernelBench.measure(kernel, millis);
      Table table = new Table();
      for (KernelBench.Result each : results) {
        table.row(
            each.name(),
            String.format(Locale.ROOT, "%,d values", each.values()),
            String.format(Locale.ROOT, "%.1f us", each.microseconds()),
            String.format(Locale.ROOT, "+- %.1f", each.error()),
            String.format(
                Locale.ROOT, "%.2f G values/s", each.values() / each.microseconds() / 1e3));
      }
      System.out.print(table.render());
      return results;
    } catch (PatternSyntaxException e) {
      throw new UsageError("--kernel is no regular expression: " + e.getDescription());
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()));
    }
  }
}
