package io.lockstep.verdict.report;

import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.MetricsRow.Counts;
import java.util.List;
import java.util.Set;

/** Counts of verdicts. */
public final class MetricsRows {

  private MetricsRows() {}

  /**
   * A row over some outcomes.
   *
   * @param reviewed keys of the tickets in the review queue
   */
  public static MetricsRow of(
      String kind,
      int epoch,
      int step,
      int guidance,
      List<Outcome> outcomes,
      Set<String> reviewed) {
    return new MetricsRow(
        kind,
        epoch,
        step,
        guidance,
        counts(outcomes),
        counts(outcomes.stream().filter(each -> !reviewed.contains(each.ticketKey())).toList()));
  }

  private static Counts counts(List<Outcome> outcomes) {
    int right = 0;
    int falseFails = 0;
    int falsePasses = 0;
    int malformed = 0;
    for (Outcome each : outcomes) {
      if (each.verdict().isEmpty()) {
        malformed++;
      } else if (each.isCorrect()) {
        right++;
      } else if (each.label().equals("pass")) {
        falseFails++;
      } else {
        falsePasses++;
      }
    }
    double acc = outcomes.isEmpty() ? 0 : (double) right / outcomes.size();
    return new Counts(acc, falseFails, falsePasses, malformed, outcomes.size());
  }
}
