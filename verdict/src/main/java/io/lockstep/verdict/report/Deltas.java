package io.lockstep.verdict.report;

import io.lockstep.verdict.artifact.DeltaRow;
import io.lockstep.verdict.artifact.SelectionRow;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Changes of a ticket's verdict or reason from one epoch to the next, as outcomes come. */
public final class Deltas {

  private final Map<String, SelectionRow> before = new HashMap<>();

  /** What is another than before; nothing if all is as it was, or there is no verdict. */
  public Optional<DeltaRow> add(Outcome outcome) {
    return outcome
        .selection()
        .flatMap(now -> {
          Optional<SelectionRow> former = Optional.ofNullable(before.put(now.ticketKey(), now));
          boolean same = former.filter(row -> isSame(row, now)).isPresent();
          return same ? Optional.empty() : Optional.of(row(former, now));
        });
  }

  private static boolean isSame(SelectionRow one, SelectionRow other) {
    return one.verdict().equals(other.verdict()) && one.reason().equals(other.reason());
  }

  private static DeltaRow row(Optional<SelectionRow> former, SelectionRow now) {
    return new DeltaRow(
        now.ticketKey(),
        now.epoch(),
        now.step(),
        former.map(SelectionRow::verdict),
        now.verdict(),
        now.reason(),
        now.isCorrect());
  }
}
