package io.lockstep.data.dataset;

import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.SplitMix64;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Which objects of a crowded picture are taught. */
final class ObjectLimit {

  private static final long PURPOSE = 0x6f626a65637473L;

  private ObjectLimit() {}

  /**
   * At most {@code max} of the objects, in their order. Which ones is drawn anew for each record
   * and epoch: the first of a keyed permutation that belongs to (seed, epoch, sample).
   *
   * @param max most objects; 0 for all
   */
  static <T> List<T> keep(List<T> objects, int max, long seed, long epoch, long sample) {
    if (max == 0 || objects.size() <= max) {
      return objects;
    }
    KeyedPermutation drawn =
        new KeyedPermutation(objects.size(), SplitMix64.mix(PURPOSE, seed, epoch, sample));
    int[] kept =
        LongStream.range(0, max).map(drawn::at).sorted().mapToInt(Math::toIntExact).toArray();
    List<T> few = new ArrayList<>(max);
    for (int index : kept) {
      few.add(objects.get(index));
    }
    return List.copyOf(few);
  }
}
