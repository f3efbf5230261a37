package io.lockstep.worker.config;

import io.lockstep.data.fusion.Concatenation;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.plan.EpochOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The records of a run, numbered through all its datasets.
 *
 * @param datasets in the order in which their records are numbered
 * @param sizes records of each
 * @param order in which an epoch shows them
 */
public record RunRecords(List<DatasetConfig> datasets, List<Long> sizes, EpochOrder order) {

  public RunRecords {
    datasets = List.copyOf(datasets);
    sizes = List.copyOf(sizes);
  }

  /**
   * Where a record stands.
   *
   * @param dataset the dataset's name
   * @param place file and line, for people
   */
  public record Place(String dataset, String place) {}

  /**
   * Counts the records of a run's files.
   *
   * @throws io.lockstep.data.jsonl.DataException if a file can't be used
   * @throws IllegalArgumentException if a dataset of a fusion would never be drawn
   */
  public static RunRecords read(RunConfig run) {
    List<Long> sizes = new ArrayList<>();
    for (DatasetConfig dataset : run.datasets()) {
      try (JsonlFile file = JsonlFile.open(dataset.trainJsonl())) {
        sizes.add(run.custom().records(file.size()));
      }
    }
    return new RunRecords(run.datasets(), sizes, run.order(sizes));
  }

  /**
   * Counts the held-out records that a run is evaluated on.
   *
   * @return 0 if it is not evaluated
   * @throws io.lockstep.data.jsonl.DataException if a file can't be used
   */
  public static int heldOut(RunConfig run) {
    if (!run.isEvaluated()) {
      return 0;
    }
    long records = 0;
    for (DatasetConfig dataset : run.heldOut()) {
      try (JsonlFile file = JsonlFile.open(dataset.valJsonl().orElseThrow())) {
        records += run.custom().records(file.size());
      }
    }
    return (int) Math.min(records, run.data().valRecords());
  }

  /** Records of all files. */
  public long count() {
    return sizes.stream().mapToLong(Long::longValue).sum();
  }

  /** Places of an epoch. */
  public long epoch() {
    return order.samples();
  }

  /** Where a record stands. */
  public Place place(long sample) {
    Concatenation records = new Concatenation(sizes);
    int dataset = records.datasetOf(sample);
    DatasetConfig config = datasets.get(dataset);
    return new Place(
        config.name(), config.trainJsonl() + ":" + (records.indexIn(dataset, sample) + 1));
  }
}
