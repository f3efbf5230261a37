package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.BenchModel;
import io.lockstep.benchmark.GenerateBench;
import io.lockstep.cli.bench.Timings;
import io.lockstep.cli.command.AnswerProfileOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.profile.StepProfile;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep bench generate}. */
@Command(
    name = "generate",
    description = {
      "Times answers: a batch of prompts with a picture each, continued greedily and equally long.",
      "The first answer warms up; of the others the quickest counts, as in docs/performance.md."
    })
final class BenchGenerateCommand implements Callable<Integer> {

  private static final double MILLI = 1e3;

  @Mixin private BenchModelOptions options = new BenchModelOptions();

  @Option(
      names = "--prompt",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "130",
      description = "Tokens of a prompt, its picture's included (default: ${DEFAULT-VALUE}).")
  private int prompt;

  @Option(
      names = "--new",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "64",
      description = "Tokens of an answer (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--profile",
      paramLabel = "strict|cached",
      defaultValue = "cached",
      description = "How logits are computed (default: ${DEFAULT-VALUE}).")
  private Profile profile = Profile.CACHED;

  @Option(
      names = "--repetitions",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "3",
      description = "Answers that are timed (default: ${DEFAULT-VALUE}).")
  private int repetitions;

  @Mixin private AnswerProfileOption toFile = new AnswerProfileOption();

  @Override
  public Integer call() throws Exception {
    options.with(this::measure);
    return 0;
  }

  private void measure(Path folder) throws IOException {
    List<GenerateBench.Times> times = new ArrayList<>();
    try (LoadedModel model = BenchModel.open(folder)) {
      List<Sample> prompts = options.samples(model, prompt, false);
      GenerateBench bench = new GenerateBench(model, profile);
      var _ = bench.answer(prompts, tokens);
      for (int i = 0; i < repetitions; i++) {
        times.add(bench.answer(prompts, tokens));
      }
      // It takes a bit longer, and counts for nothing.
      try (StepProfile profiled = StepProfile.of(toFile.wanted())) {
        if (toFile.wanted().isPresent()) {
          profiled.step(0);
          var _ = bench.answer(prompts, tokens);
        }
      }
    }
    print(times);
  }

  private void print(List<GenerateBench.Times> times) {
    GenerateBench.Times best =
        times.stream().min(Comparator.comparingDouble(GenerateBench.Times::total)).orElseThrow();
    // An answer of one token has no next one: its first stands for it.
    Timings next =
        new Timings(
            tokens == 1
                ? List.of(best.firstToken())
                : times.stream().flatMap(each -> each.nextTokens().stream()).toList());
    double rate = options.batch() * tokens / best.total();
    double p50 = next.p50() * MILLI;
    double p99 = next.p99() * MILLI;
    if (options.json()) {
      System.out.println(
          new JsonLine()
              .put("profile", profile.name().toLowerCase(Locale.ROOT))
              .put("batch", options.batch())
              .put("prompt", prompt)
              .put("new", tokens)
              .put("threads", Torch.threads())
              .put("tokens_per_s", rate)
              .put("first_token_s", best.firstToken())
              .put("next_token_p50_ms", p50)
              .put("next_token_p99_ms", p99));
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "%.1f tokens/s; first token after %.3f s, then %.2f ms each (p50; p99 %.2f ms)%n",
        rate,
        best.firstToken(),
        p50,
        p99);
  }
}
