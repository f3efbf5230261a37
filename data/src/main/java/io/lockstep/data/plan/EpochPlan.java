package io.lockstep.data.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Which samples every step and every virtual rank sees, for any number of workers alike.
 *
 * <p>Epochs follow each other without a gap: position p belongs to epoch {@code p / samples}, place
 * {@code p % samples}, and the {@link EpochOrder} maps the place to a sample. Step s takes
 * positions {@code s * globalBatch} up to {@code (s + 1) * globalBatch - 1}; virtual rank v takes
 * the v-th contiguous block of them. The number of workers appears nowhere.
 *
 * @param order which sample stands at which place of an epoch
 * @param globalBatch samples per step, a multiple of {@code virtualRanks}
 * @param virtualRanks the fixed number of shares a step is cut into
 */
public record EpochPlan(EpochOrder order, int globalBatch, int virtualRanks) {

  /** Checks that the sizes make a plan. */
  public EpochPlan {
    if (virtualRanks < 1) {
      throw new IllegalArgumentException("virtual ranks must be at least 1, got " + virtualRanks);
    }
    if (globalBatch < 1 || globalBatch % virtualRanks != 0) {
      throw new IllegalArgumentException(
          "the global batch ("
              + globalBatch
              + ") must be a positive multiple of the virtual ranks ("
              + virtualRanks
              + ")");
    }
  }

  /** A plan of one dataset, each of its {@code samples} records once an epoch. */
  public EpochPlan(long samples, long seed, int globalBatch, int virtualRanks) {
    this(new WholeDataset(samples, seed), globalBatch, virtualRanks);
  }

  /** Places of an epoch. */
  public long samples() {
    return order.samples();
  }

  /** Samples per virtual rank and step. */
  public int samplesPerVirtualRank() {
    return globalBatch / virtualRanks;
  }

  /** The draw at a position of the endless sequence of epochs. */
  public SampleRef at(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("positions start at 0, got " + position);
    }
    long epoch = position / samples();
    long place = position % samples();
    return new SampleRef(epoch, place, order.epoch(epoch).at(place));
  }

  /** The draws of one virtual rank in one step, in order. */
  public List<SampleRef> samplesOf(long step, int virtualRank) {
    if (step < 0) {
      throw new IllegalArgumentException("steps start at 0, got " + step);
    }
    if (virtualRank < 0 || virtualRank >= virtualRanks) {
      throw new IllegalArgumentException(
          "virtual rank " + virtualRank + " is outside of 0.." + (virtualRanks - 1));
    }
    int share = samplesPerVirtualRank();
    long first =
        Math.addExact(Math.multiplyExact(step, (long) globalBatch), (long) virtualRank * share);
    Math.addExact(first, share);
    List<SampleRef> draws = new ArrayList<>(share);
    while (draws.size() < share) {
      addDraws(draws, first + draws.size(), share);
    }
    return List.copyOf(draws);
  }

  /** Adds draws from a position on, to the end of its epoch or until there are enough. */
  private void addDraws(List<SampleRef> draws, long position, int enough) {
    long samples = samples();
    long epoch = position / samples;
    EpochOrder.Epoch places = order.epoch(epoch);
    for (long place = position % samples; place < samples && draws.size() < enough; place++) {
      draws.add(new SampleRef(epoch, place, places.at(place)));
    }
  }

  /**
   * The draw that stands in for one that cannot be used, in the same epoch and place, out of the
   * same dataset.
   *
   * <p>Attempts from 0 on name every other sample of it exactly once, in an order keyed by (seed,
   * epoch, sample); whoever walks them ends at a usable sample if there is one.
   *
   * @param original the draw as the plan made it, not an earlier replacement
   * @throws IllegalArgumentException if no other sample is left
   */
  public SampleRef replacement(SampleRef original, int attempt) {
    if (attempt < 0) {
      throw new IllegalArgumentException("attempts start at 0, got " + attempt);
    }
    long others = order.replacements(original.sample());
    if (attempt >= others) {
      throw new IllegalArgumentException(
          "no sample is left to replace sample "
              + original.sample()
              + " of epoch "
              + original.epoch()
              + ": all "
              + (others + 1)
              + " were refused; raise global_max_length or shorten the records");
    }
    long sample = order.replacement(original.epoch(), original.sample(), attempt);
    return new SampleRef(original.epoch(), original.place(), sample);
  }
}
