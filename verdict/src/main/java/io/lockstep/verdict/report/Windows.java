package io.lockstep.verdict.report;

import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.RunRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Rows of metrics for windows and epochs, as outcomes come. */
public final class Windows {

  private final RunRow run;
  private final List<Outcome> window = new ArrayList<>();
  private final List<Outcome> epoch = new ArrayList<>();
  private int guidance;

  /** Before the first outcome of a run. */
  public Windows(RunRow run) {
    this.run = run;
  }

  /**
   * Counts an outcome of an epoch.
   *
   * @param queue the review queue, at least as it was at the outcome's step
   * @return rows of the window and the epoch that end with it
   */
  public List<MetricsRow> add(Outcome outcome, List<ReviewRow> queue) {
    window.add(outcome);
    epoch.add(outcome);
    guidance = Math.max(guidance, outcome.guidance());
    boolean ends = epoch.size() == run.learning();
    List<MetricsRow> rows = new ArrayList<>();
    if (window.size() == run.loggingSteps() || ends) {
      rows.add(row("window", outcome, window, queue));
      window.clear();
    }
    if (ends) {
      rows.add(row("epoch", outcome, epoch, queue));
      epoch.clear();
    }
    return rows;
  }

  private MetricsRow row(String kind, Outcome last, List<Outcome> outcomes, List<ReviewRow> queue) {
    return MetricsRows.of(
        kind, last.epoch(), last.step(), guidance, outcomes, reviewed(queue, last.step()));
  }

  /** The tickets in the queue once so many were judged in the epochs. */
  static Set<String> reviewed(List<ReviewRow> queue, int step) {
    return queue.stream()
        .filter(row -> row.step() <= step)
        .map(ReviewRow::ticketKey)
        .collect(Collectors.toSet());
  }
}
