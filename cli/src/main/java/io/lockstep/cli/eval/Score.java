package io.lockstep.cli.eval;

import io.lockstep.model.generate.EmptyGeneration;
import java.util.List;

/**
 * How well a model answers at one token budget, and what an answer costs.
 *
 * @param budget share of vision tokens kept
 * @param pictures questions asked
 * @param visionTokens vision tokens kept of a picture, on average
 * @param right answers equal to the summary, character by character
 * @param unanswered questions without an answer, called by their places; they count as not right
 * @param tokenAccuracy share of the answers' tokens found when those before are given
 * @param towerFlops floating-point operations of the vision tower for a picture
 * @param mergerFlops of the mergers
 * @param prefillFlops of the language model over the prompt
 * @param seconds wall time of a picture's answer, on average over batches
 */
public record Score(
    double budget,
    int pictures,
    double visionTokens,
    long right,
    List<EmptyGeneration> unanswered,
    double tokenAccuracy,
    double towerFlops,
    double mergerFlops,
    double prefillFlops,
    double seconds) {

  public Score {
    unanswered = List.copyOf(unanswered);
  }

  /** Share of right answers; not a number if there is no answer at all. */
  public double exactMatch() {
    return unanswered.size() == pictures ? Double.NaN : (double) right / pictures;
  }

  /** Operations for a picture up to the first token of its answer. */
  public double flops() {
    return towerFlops + mergerFlops + prefillFlops;
  }
}
