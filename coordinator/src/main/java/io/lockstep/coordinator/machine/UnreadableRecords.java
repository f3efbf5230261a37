package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.UnreadableRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The different records that the committed steps of a run have replaced because they couldn't be
 * read. Which those are follows from the steps, not from who computed them, so that a run has as
 * many, and ends at the same step if they are too many, on any number of workers and after any
 * restart.
 */
final class UnreadableRecords {

  /** The step that met each first. */
  private final Map<Long, Long> firstSteps = new HashMap<>();

  void committed(CommittedStep step) {
    step.unreadable().forEach(record -> firstSteps.putIfAbsent(record.sample(), step.step()));
  }

  /** Steps from this one on are computed again. */
  void rewound(long toSteps) {
    firstSteps.values().removeIf(step -> step >= toSteps);
  }

  int count() {
    return firstSteps.size();
  }

  /** Those of a step that no step before has met, each once. */
  List<UnreadableRecord> newOnes(CommittedStep step) {
    List<UnreadableRecord> found = new ArrayList<>();
    Set<Long> known = new HashSet<>(firstSteps.keySet());
    for (UnreadableRecord record : step.unreadable()) {
      if (known.add(record.sample())) {
        found.add(record);
      }
    }
    return found;
  }

  /** Why a run can't go on that has replaced so many records. */
  static String tooMany(long step, int count, int limit, UnreadableRecord last) {
    return "step %d: %d records of this run can't be read, more than data.max_unreadable (%d); the last: %s; all others are in unreadable.json: mend or remove them (`lockstep data check --decode` finds all), or raise data.max_unreadable and go on with --resume"
        .formatted(step, count, limit, last.what());
  }
}
