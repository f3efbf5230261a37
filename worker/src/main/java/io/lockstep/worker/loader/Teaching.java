package io.lockstep.worker.loader;

import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.Demonstrations;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.worker.config.RunConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which samples of a run are shown demonstrations first: picture records of its targets.
 *
 * @param demonstrations the pool, if there is one
 * @param datasets names of those whose records are shown some
 */
record Teaching(Optional<Demonstrations> demonstrations, Set<String> datasets) {

  /** Nobody is shown anything. */
  static final Teaching NONE = new Teaching(Optional.empty(), Set.of());

  Teaching {
    datasets = Set.copyOf(datasets);
  }

  /**
   * What a configuration says.
   *
   * @throws DataException with what is wrong with the pool's records
   * @throws IllegalArgumentException if it has too few
   */
  static Teaching of(RunConfig config) {
    return config
        .teacherStudent()
        .map(section -> new Teaching(Optional.of(section.open(config.seed())), config.targets()))
        .orElse(NONE);
  }

  /** What is shown before the turn of a record. */
  List<ImageRecord> of(DatasetConfig dataset, DataRecord record, SampleRef draw) {
    return demonstrations.isPresent()
            && datasets.contains(dataset.name())
            && record instanceof ImageRecord image
        ? demonstrations.get().of(image, draw.epoch(), draw.sample())
        : List.of();
  }

  /**
   * Checks the whole pool for each dataset that is shown some of it.
   *
   * @param members of the run
   * @param opened the same, opened
   * @throws DataException with every problem
   */
  void requireDemonstrates(List<DatasetConfig> members, List<Dataset> opened) {
    if (demonstrations.isEmpty()) {
      return;
    }
    Set<Problem> problems = new LinkedHashSet<>();
    for (int i = 0; i < members.size(); i++) {
      if (datasets.contains(members.get(i).name())) {
        for (ImageRecord record : demonstrations.get().pool()) {
          try {
            opened.get(i).requireDemonstrates(record);
          } catch (DataException e) {
            problems.addAll(e.problems());
          }
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new DataException(new ArrayList<>(problems));
    }
  }
}
