package io.lockstep.cli.eval;

import io.lockstep.model.generate.EmptyGeneration;
import java.util.List;

/**
 * How well a model answers at one token budget, and what an answer costs.
 *
 * @param budget share of vision tokens kept
 * @param questions questions asked
 * @param visionTokens vision tokens kept for a question, on average
 * @param outcomes what the answers count as
 * @param unanswered questions without an answer, called by their places; they count as not right
 * @param tokenAccuracy share of the answers' tokens found when those before are given
 * @param towerFlops floating-point operations of the vision tower for a question
 * @param mergerFlops of the mergers
 * @param prefillFlops of the language model over the prompt
 * @param seconds wall time of an answer, on average over batches
 */
public record Score(
    double budget,
    int questions,
    double visionTokens,
    Outcomes outcomes,
    List<EmptyGeneration> unanswered,
    double tokenAccuracy,
    double towerFlops,
    double mergerFlops,
    double prefillFlops,
    double seconds) {

  public Score {
    unanswered = List.copyOf(unanswered);
  }

  /** Questions about pictures of records, whatever they ask for. */
  public long pictures() {
    return outcomes.asked(AnswerKind.SUMMARY) + outcomes.asked(AnswerKind.DENSE);
  }

  /** Operations for a question up to the first token of its answer. */
  public double flops() {
    return towerFlops + mergerFlops + prefillFlops;
  }
}
