package io.lockstep.benchmark;

import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.profile.Recording;
import java.util.List;

/** What a model's steps and tokens take on this machine, by group of operators. */
public final class OperatorBench {

  private static final int WARM_UP = 2;
  private static final int MEASURED = 3;

  private OperatorBench() {}

  /**
   * Training steps after two that warm up.
   *
   * @param model opened for training
   */
  public static OperatorTimes steps(
      LoadedModel model, List<Sample> samples, boolean checkpointing) {
    try (TrainBench bench = new TrainBench(model, checkpointing)) {
      for (int step = 0; step < WARM_UP; step++) {
        var _ = bench.step(samples);
      }
      return OperatorTimes.ofSteps(
          Recording.of(() -> {
            for (int step = 0; step < MEASURED; step++) {
              var _ = bench.step(samples);
            }
          }));
    }
  }

  /**
   * Further tokens of answers, after an answer that warms up.
   *
   * @param tokens of an answer, at least 2
   */
  public static OperatorTimes tokens(LoadedModel model, List<Sample> prompts, int tokens) {
    GenerateBench bench = new GenerateBench(model, Profile.CACHED);
    var _ = bench.answer(prompts, tokens);
    return OperatorTimes.ofTokens(
        Recording.of(() -> {
          var _ = bench.answer(prompts, tokens);
        }));
  }
}
