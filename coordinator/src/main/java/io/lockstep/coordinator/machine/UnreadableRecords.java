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
 * The distinct records that the committed steps of a run have replaced because they couldn't be
 * read. They follow from the steps, not from who computed them: on any number of workers and after
 * any restart a run has the same ones, and fails at the same step if they are too many.
 */
final class UnreadableRecords {

  /** By record, the first step that replaced it. */
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

  /** Those of a step that no step before has replaced, each once. */
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

  /** Why a run fails that has replaced more records than it may. */
  static String tooMany(long step, int count, int limit, UnreadableRecord last) {
    return "step %d: %d records of this run can't be read, more than data.max_unreadable (%d); the last: %s; all others are in unreadable.json: mend or remove them (`lockstep data check --decode` finds all), or raise data.max_unreadable and go on with --resume"
        .formatted(step, count, limit, last.what());
  }
}
