package io.lockstep.verdict.report;

import io.lockstep.verdict.artifact.MalformedRow;
import io.lockstep.verdict.artifact.SelectionRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What came of judging a ticket once: a selection or a failure.
 *
 * @param guidance number of the guidance in force; 0 for a failure
 * @param verdict {@code pass} or {@code fail}; nothing for a failure
 */
public record Outcome(
    String ticketKey,
    String groupId,
    String mission,
    String label,
    String phase,
    int epoch,
    int step,
    String split,
    int guidance,
    Optional<String> verdict,
    Optional<SelectionRow> selection) {

  /** Whether the verdict is what the label says. */
  public boolean isCorrect() {
    return verdict.equals(Optional.of(label));
  }

  /** Whether it is of an epoch. */
  public boolean isLearning() {
    return phase.equals("learn");
  }

  /** All that was judged, in order. */
  static List<Outcome> of(List<SelectionRow> selections, List<MalformedRow> failures) {
    List<Outcome> all = new ArrayList<>();
    selections.forEach(row -> all.add(of(row)));
    failures.forEach(row -> all.add(of(row)));
    all.sort(
        Comparator.comparingInt((Outcome each) -> each.isLearning() ? 0 : 1)
            .thenComparingInt(Outcome::step));
    return all;
  }

  /** A selection. */
  public static Outcome of(SelectionRow row) {
    return new Outcome(
        row.ticketKey(),
        row.groupId(),
        row.mission(),
        row.label(),
        row.phase(),
        row.epoch(),
        row.step(),
        row.split(),
        row.guidance(),
        Optional.of(row.verdict()),
        Optional.of(row));
  }

  /** A failure. */
  public static Outcome of(MalformedRow row) {
    return new Outcome(
        row.ticketKey(),
        row.groupId(),
        row.mission(),
        row.label(),
        row.phase(),
        row.epoch(),
        row.step(),
        row.split(),
        0,
        Optional.empty(),
        Optional.empty());
  }
}
