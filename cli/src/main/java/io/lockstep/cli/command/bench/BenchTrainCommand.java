package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.BenchModel;
import io.lockstep.benchmark.TrainBench;
import io.lockstep.cli.bench.Timings;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.ProfileOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.profile.StepProfile;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench train}. */
@Command(
    name = "train",
    description = {
      "Times training steps of one worker alone: forward, backward, norm and AdamW of a batch with a picture in each row,"
          + " of which the second half is learned.",
      "The first steps warm up; of the others the median counts, as in docs/performance.md."
    })
final class BenchTrainCommand implements Callable<Integer> {

  private static final int WARM_UP = 2;
  private static final double MEBI = 1 << 20;

  @Mixin private BenchModelOptions options = new BenchModelOptions();

  @Option(
      names = "--length",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "384",
      description = "Tokens of a row, its picture's included (default: ${DEFAULT-VALUE}).")
  private int length;

  @Option(
      names = "--steps",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "8",
      description = "Steps, of which two warm up (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--checkpointing",
      description = "Compute segments again going back (training.gradient_checkpointing).")
  private boolean checkpointing;

  @Mixin private ProfileOptions profile = new ProfileOptions();

  @Override
  public Integer call() throws Exception {
    Numbers.require("--steps", steps, WARM_UP + 1, Integer.MAX_VALUE);
    options.with(this::measure);
    return 0;
  }

  private void measure(Path folder) throws IOException {
    List<Double> seconds = new ArrayList<>();
    double loss = 0;
    long resident = 0;
    try (LoadedModel model = BenchModel.openTrainable(folder);
        TrainBench bench = new TrainBench(model, checkpointing);
        StepProfile profiled = StepProfile.of(profile.wanted())) {
      List<Sample> samples = options.samples(model, length, true);
      for (int step = 0; step < steps; step++) {
        profiled.step(step + 1);
        long begin = System.nanoTime();
        loss = bench.step(samples);
        if (step >= WARM_UP) {
          seconds.add((System.nanoTime() - begin) / 1e9);
        }
        resident = Math.max(resident, Torch.residentBytes());
      }
    }
    print(new Timings(seconds), loss, resident);
  }

  private void print(Timings times, double loss, long resident) {
    double rate = options.batch() * length / times.p50();
    if (options.json()) {
      System.out.println(
          new JsonLine()
              .put("batch", options.batch())
              .put("length", length)
              .put("threads", Torch.threads())
              .put("step_s", times.p50())
              .put("step_p99_s", times.p99())
              .put("tokens_per_s", rate)
              .put("loss", loss)
              .put("resident_bytes", resident));
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "%.1f tokens/s; %.3f s a step (p50; p99 %.3f s), loss %.4f, %.0f MiB resident%n",
        rate,
        times.p50(),
        times.p99(),
        loss,
        resident / MEBI);
  }
}
