package io.lockstep.benchmark;

import io.lockstep.benchmark.kernel.FlatKernels;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the kernels' benchmarks, each in a JVM of its own. */
public final class KernelBench {

  private KernelBench() {}

  /**
   * What a kernel took.
   *
   * @param name of the kernel
   * @param values float32 values that a call works on
   * @param microseconds of a call, on average
   * @param error half the width of the average's 99.9 % interval, in microseconds
   */
  public record Result(String name, long values, double microseconds, double error) {}

  /**
   * Measures the kernels whose name a regular expression finds.
   *
   * @param millis of each of the iterations; 1,000 for figures to rely on
   * @throws IllegalArgumentException if there is none
   */
  public static List<Result> measure(String kernels, int millis) throws RunnerException {
    String pattern = FlatKernels.class.getName().replace(".", "\\.") + "\\..*(" + kernels + ")";
    TimeValue time = TimeValue.milliseconds(millis);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(pattern)
            .warmupTime(time)
            .measurementTime(time)
            .verbosity(VerboseMode.SILENT);
    return run(options.build(), kernels).stream()
        .map(run ->
            new Result(
                run.getPrimaryResult().getLabel(),
                Long.parseLong(run.getParams().getParam("floats")),
                run.getPrimaryResult().getScore(),
                run.getPrimaryResult().getScoreError()))
        .toList();
  }

  private static Collection<RunResult> run(Options options, String kernels) throws RunnerException {
    try {
      return new Runner(options).run();
    } catch (NoBenchmarksException e) {
      throw new IllegalArgumentException("no kernel's name contains " + kernels, e);
    }
  }
}
