package io.lockstep.benchmark;

import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Decoder;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import java.util.ArrayList;
import java.util.List;

/** How fast answers are written: greedily, all rows of a batch equally long. */
public final class GenerateBench {

  private final LoadedModel model;
  private final Profile profile;

  /** Of a model in a profile. */
  public GenerateBench(LoadedModel model, Profile profile) {
    this.model = model;
    this.profile = profile;
  }

  /**
   * One answer of a batch.
   *
   * @param firstToken seconds until the first token
   * @param nextTokens seconds of each further token
   */
  public record Times(double firstToken, List<Double> nextTokens) {

    public Times {
      nextTokens = List.copyOf(nextTokens);
    }

    /** All of it in seconds. */
    public double total() {
      return firstToken + nextTokens.stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  /** Answers a batch with so many tokens. */
  public Times answer(List<Sample> prompts, int tokens) {
    List<Double> times = new ArrayList<>();
    Autograd.inference(() -> {
      long begin = System.nanoTime();
      try (Decoder decoder =
          Decoder.open(
              profile,
              model.network(),
              model.collator(),
              prompts,
              tokens,
              VisionLanguageModel.NO_PROBE)) {
        int[] next = best(decoder.first());
        long end = System.nanoTime();
        times.add((end - begin) / 1e9);
        for (int i = 1; i < tokens; i++) {
          begin = end;
          next = best(decoder.next(next));
          end = System.nanoTime();
          times.add((end - begin) / 1e9);
        }
      }
    });
    return new Times(times.getFirst(), times.subList(1, times.size()));
  }

  private static int[] best(float[][] logits) {
    int[] best = new int[logits.length];
    for (int row = 0; row < logits.length; row++) {
      for (int i = 1; i < logits[row].length; i++) {
        if (logits[row][i] > logits[row][best[row]]) {
          best[row] = i;
        }
      }
    }
    return best;
  }
}
