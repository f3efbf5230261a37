package io.lockstep.data.fusion;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Datasets that are learned together.
 *
 * @param seed decides the order of an epoch
 * @param targets what the model is made for; at least one
 * @param sources what keeps it general; evaluation leaves them out
 */
public record FusionConfig(
    @Key(value = "Decides the order of an epoch.", like = "training.seed") long seed,
    @Key(
            value = "What the model is made for; at least one.",
            defaults = "{ratio: 1.0, max_objects_per_image: 0, augmentation_enabled: true}")
        List<DatasetConfig> targets,
    @Key(
            value = "What keeps the model general; evaluation leaves them out.",
            defaults = "{max_objects_per_image: 64, augmentation_enabled: false}")
        List<DatasetConfig> sources)
    implements Checked {

  /** Up to here every whole number is a double. */
  private static final double MAX_QUOTA = 1L << 53;

  public FusionConfig {
    targets = List.copyOf(targets);
    sources = List.copyOf(sources);
  }

  @Override
  public void check(Place section) {
    if (targets.isEmpty()) {
      section.at("targets").problem("must hold at least one dataset: the quotas follow from them");
    }
    Set<String> names = new HashSet<>();
    checkNames(targets, section.at("targets"), names);
    checkNames(sources, section.at("sources"), names);
  }

  private static void checkNames(List<DatasetConfig> datasets, Place list, Set<String> names) {
    for (int i = 0; i < datasets.size(); i++) {
      String name = datasets.get(i).name();
      if (!name.isEmpty() && !names.add(name)) {
        list.at(i).at("name").problem("'%s' is that of another dataset".formatted(name));
      }
    }
  }

  /** Targets, then sources. */
  public List<DatasetConfig> all() {
    return Stream.concat(targets.stream(), sources.stream()).toList();
  }

  /**
   * How often each dataset is drawn in an epoch: {@code round(size * ratio)} of a target, {@code
   * round(ratio * sum of the targets' quotas)} of a source; halves go to the even neighbour.
   *
   * @param sizes records of each dataset, in the order of {@link #all}
   * @throws IllegalArgumentException naming every dataset that would never be drawn
   */
  public List<Long> quotas(List<Long> sizes) {
    List<Long> quotas = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      quotas.add(quota(targets.get(i), sizes.get(i), problems));
    }
    long targetSum = quotas.stream().mapToLong(Long::longValue).sum();
    for (DatasetConfig source : sources) {
      quotas.add(quota(source, targetSum, problems));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    return List.copyOf(quotas);
  }

  private static long quota(DatasetConfig dataset, long of, List<String> problems) {
    double exact = Math.rint(of * dataset.ratio());
    if (exact < 1 || exact > MAX_QUOTA) {
      problems.add(
          "dataset '%s' would be drawn %s times an epoch with ratio %s of %d: %s the ratio"
              .formatted(
                  dataset.name(),
                  exact < 1 ? "0" : "more than 2^53",
                  dataset.ratio(),
                  of,
                  exact < 1 ? "raise" : "lower"));
      return 1;
    }
    return (long) exact;
  }

  /**
   * The order of the epochs.
   *
   * @param sizes records of each dataset, in the order of {@link #all}
   * @throws IllegalArgumentException if a dataset would never be drawn
   */
  public FusionOrder order(List<Long> sizes) {
    List<Long> quotas = quotas(sizes);
    List<DatasetConfig> datasets = all();
    List<FusionOrder.Pool> pools = new ArrayList<>();
    for (int i = 0; i < datasets.size(); i++) {
      DatasetConfig dataset = datasets.get(i);
      boolean distinct = dataset.withoutReplacement() && quotas.get(i) <= sizes.get(i);
      pools.add(new FusionOrder.Pool(sizes.get(i), quotas.get(i), dataset.seed(), distinct));
    }
    return new FusionOrder(seed, pools);
  }
}
