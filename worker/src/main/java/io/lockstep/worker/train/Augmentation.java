package io.lockstep.worker.train;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.fusion.DatasetConfig;
import java.util.List;
import java.util.Optional;

/** How each dataset of a run is augmented. */
final class Augmentation {

  private final List<Optional<RecordAugmenter>> augmenters;

  /**
   * The run's augmentation for its datasets.
   *
   * @param seed the run's
   * @param datasets some of which may not want it, or not its curriculum
   */
  Augmentation(AugmentationConfig config, long seed, List<DatasetConfig> datasets) {
    RecordAugmenter changing = new RecordAugmenter(config, seed);
    RecordAugmenter steady = new RecordAugmenter(config.withoutCurriculum(), seed);
    augmenters =
        datasets.stream()
            .map(dataset ->
                Optional.of(dataset.curriculum() ? changing : steady)
                    .filter(augmenter -> dataset.augmented()))
            .toList();
  }

  /** What augments the pictures of a dataset, if anything does. */
  Optional<RecordAugmenter> of(int dataset) {
    return augmenters.get(dataset);
  }
}
