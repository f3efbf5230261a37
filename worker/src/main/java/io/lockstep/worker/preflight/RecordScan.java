package io.lockstep.worker.preflight;

import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.worker.config.RunConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Looks at every record of a run's files for what its dataset's template needs: a summary, a
 * conversation. Pictures are not opened.
 */
public final class RecordScan {

  /** Problems of each file that are listed. */
  private static final int SHOWN = 20;

  private RecordScan() {}

  /**
   * What records lack, with their lines; of each file the first ones, and how many there are
   * besides.
   *
   * @throws DataException if a file can't be used
   */
  public static List<String> problems(RunConfig run) {
    List<String> problems = new ArrayList<>();
    for (DatasetConfig dataset : run.datasets()) {
      scan(run, dataset, dataset.trainJsonl(), problems);
      dataset.valJsonl().ifPresent(file -> scan(run, dataset, file, problems));
    }
    return problems;
  }

  private static void scan(RunConfig run, DatasetConfig config, Path file, List<String> problems) {
    long unusable = 0;
    try (Dataset dataset = config.open(file, run.prompts().prompts(), run.custom().emitNorm())) {
      for (long i = 0; i < run.custom().records(dataset.size()); i++) {
        try {
          dataset.requireUsable(i);
        } catch (DataException e) {
          if (++unusable <= SHOWN) {
            problems.add(String.valueOf(e.getMessage()));
          }
        }
      }
    }
    if (unusable > SHOWN) {
      problems.add(
          "%s: %d more records lack what template %s of dataset '%s' needs"
              .formatted(
                  file,
                  unusable - SHOWN,
                  config.template().name().toLowerCase(Locale.ROOT),
                  config.name()));
    }
  }
}
