package io.lockstep.worker.loader;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.Pipeline;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.fusion.DatasetConfig;
import java.util.List;
import java.util.Optional;

/** How each dataset of a run is augmented. */
public final class Augmentation {

  private final AugmentationConfig config;
  private final List<DatasetConfig> datasets;
  private final List<Optional<RecordAugmenter>> augmenters;

  /**
   * The run's augmentation for its datasets.
   *
   * @param seed the run's
   * @param datasets some of which may not want it, or not its curriculum
   * @param patches pieces of other pictures, where the configuration copies some
   */
  Augmentation(
      AugmentationConfig config,
      long seed,
      List<DatasetConfig> datasets,
      Optional<PatchSupply> patches) {
    this.config = config;
    this.datasets = List.copyOf(datasets);
    RecordAugmenter changing = new RecordAugmenter(new Pipeline(config, patches), seed);
    RecordAugmenter steady =
        new RecordAugmenter(new Pipeline(config.withoutCurriculum(), patches), seed);
    augmenters =
        datasets.stream()
            .map(dataset ->
                Optional.of(dataset.curriculum() ? changing : steady)
                    .filter(augmenter -> dataset.augmented()))
            .toList();
  }

  /** What augments the pictures of a dataset, if anything does. */
  public Optional<RecordAugmenter> of(int dataset) {
    return augmenters.get(dataset);
  }

  /** What the pictures of a dataset are augmented with, if anything does. */
  public AugmentationConfig config(int dataset) {
    return datasets.get(dataset).curriculum() ? config : config.withoutCurriculum();
  }
}
