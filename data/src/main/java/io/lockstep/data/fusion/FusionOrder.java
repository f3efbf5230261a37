package io.lockstep.data.fusion;

import io.lockstep.data.plan.EpochOrder;
import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.Replacements;
import io.lockstep.data.plan.SplitMix64;
import java.util.Arrays;
import java.util.List;

/**
 * The epochs of a fusion, in O(1) memory: a keyed permutation deals the places of an epoch out to
 * the draws of all datasets, and each dataset's own one, or a keyed draw where records may come
 * twice, says which of its records a draw is. All of it depends on (fusion seed, dataset seed,
 * epoch) alone.
 */
public final class FusionOrder implements EpochOrder {

  // Keep draws for different purposes apart though they are made from the same seeds.
  private static final long ORDER = 0x6f72646572L;
  private static final long RECORDS = 0x7265636f726473L;
  private static final long REPLACEMENT = 0x7265706c616365L;

  private final long seed;
  private final List<Pool> pools;
  private final Concatenation records;

  /** Where each dataset's draws begin among all draws of an epoch. */
  private final long[] firstDraw;

  /**
   * What a dataset contributes.
   *
   * @param size its records
   * @param quota how often it is drawn in an epoch
   * @param seed its seed
   * @param distinct whether no record is drawn twice in an epoch; needs a quota of its size at most
   */
  public record Pool(long size, long quota, long seed, boolean distinct) {

    /** Checks that there is enough to draw from. */
    public Pool {
      if (size < 1 || quota < 1 || (distinct && quota > size)) {
        throw new IllegalArgumentException(
            "can't draw %d of %d records%s"
                .formatted(quota, size, distinct ? " without repeats" : ""));
      }
    }
  }

  /** The order of a fusion of these datasets. */
  public FusionOrder(long seed, List<Pool> pools) {
    this.seed = seed;
    this.pools = List.copyOf(pools);
    records = new Concatenation(pools.stream().map(Pool::size).toList());
    firstDraw = new long[pools.size() + 1];
    for (int i = 0; i < pools.size(); i++) {
      firstDraw[i + 1] = Math.addExact(firstDraw[i], pools.get(i).quota());
    }
    if (samples() > KeyedPermutation.MAX_SIZE) {
      throw new IllegalArgumentException("an epoch has at most 2^62 samples: lower the ratios");
    }
  }

  @Override
  public long samples() {
    return firstDraw[firstDraw.length - 1];
  }

  @Override
  public Epoch epoch(long epoch) {
    KeyedPermutation deal = new KeyedPermutation(samples(), SplitMix64.mix(ORDER, seed, epoch));
    Epoch[] drawn = new Epoch[pools.size()];
    Arrays.setAll(drawn, dataset -> draws(pools.get(dataset), epoch));
    return place -> {
      long draw = deal.at(place);
      int found = Arrays.binarySearch(firstDraw, draw);
      int dataset = found >= 0 ? found : -found - 2;
      return records.sample(dataset, drawn[dataset].at(draw - firstDraw[dataset]));
    };
  }

  private Epoch draws(Pool pool, long epoch) {
    long key = SplitMix64.mix(RECORDS, seed, pool.seed(), epoch);
    if (pool.distinct()) {
      return new KeyedPermutation(pool.size(), key)::at;
    }
    // The high word of a product maps 64 even bits evenly to [0, size).
    return draw -> Math.unsignedMultiplyHigh(SplitMix64.mix(key, draw), pool.size());
  }

  @Override
  public long replacements(long sample) {
    return pools.get(records.datasetOf(sample)).size() - 1;
  }

  @Override
  public long replacement(long epoch, long sample, int attempt) {
    int dataset = records.datasetOf(sample);
    Pool pool = pools.get(dataset);
    long index = records.indexIn(dataset, sample);
    long key = SplitMix64.mix(REPLACEMENT, seed, pool.seed(), epoch, index);
    return records.sample(dataset, Replacements.of(pool.size(), key, index, attempt));
  }
}
