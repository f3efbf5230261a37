package io.lockstep.coordinator;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the tokens of one dataset contributed.
 *
 * @param dataset its place in the run's configuration, from 0
 * @param lossSum over its supervised tokens, in nats
 * @param tokens its supervised tokens
 * @param correctTokens those that were predicted right
 * @param kinds counts of the tokens whose kind is known, ascending by kind
 */
public record DatasetSums(
    int dataset, double lossSum, long tokens, long correctTokens, List<KindSums> kinds) {

  public DatasetSums {
    kinds = List.copyOf(kinds);
  }

  /** Sums without a token of a known kind. */
  public DatasetSums(int dataset, double lossSum, long tokens, long correctTokens) {
    this(dataset, lossSum, tokens, correctTokens, List.of());
  }

  /** The sums over both. */
  public DatasetSums plus(DatasetSums other) {
    SortedMap<Integer, KindSums> both = new TreeMap<>();
    kinds.forEach(each -> both.put(each.kind(), each));
    other.kinds.forEach(each -> both.merge(each.kind(), each, KindSums::plus));
    return new DatasetSums(
        dataset,
        lossSum + other.lossSum,
        tokens + other.tokens,
        correctTokens + other.correctTokens,
        List.copyOf(both.values()));
  }

  /** Whether such counts are possible: a token is of one kind at most. */
  public boolean hasSoundCounts() {
    long ofKinds = 0;
    Set<Integer> seen = new HashSet<>();
    for (KindSums each : kinds) {
      if (!each.isSound() || !seen.add(each.kind())) {
        return false;
      }
      ofKinds += each.tokens();
    }
    return correctTokens >= 0 && correctTokens <= tokens && ofKinds <= tokens;
  }
}
