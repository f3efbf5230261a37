package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.machine.Event.BucketResult;
import io.lockstep.coordinator.machine.Event.VirtualRankResult;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import java.util.List;
import java.util.Optional;

/**
 * Checks that a member reports of a step the virtual ranks that its rank computes and the buckets
 * that it owns, with possible figures. A report that fails evicts this member alone.
 */
final class ReportCheck {

  private ReportCheck() {}

  /**
   * What is wrong with a report, whatever the others report; empty if nothing is.
   *
   * @param buckets number of gradient buckets, 0 before the first step
   */
  static Optional<String> problem(
      Event.Reduced reduced, int rank, int worldSize, int virtualRanks, int buckets) {
    RankSpan span = RankSpan.of(virtualRanks, rank, worldSize);
    List<VirtualRankResult> results = reduced.virtualRanks();
    boolean ownRanks = results.size() == span.size();
    for (int i = 0; ownRanks && i < results.size(); i++) {
      ownRanks = results.get(i).virtualRank() == span.first() + i;
    }
    if (!ownRanks) {
      return Optional.of("its virtual ranks are %d to %d".formatted(span.first(), span.end() - 1));
    }
    for (VirtualRankResult result : results) {
      if (!areSound(result)) {
        return Optional.of("impossible counts: " + result);
      }
      if (result.terms().size() > TermSum.MOST) {
        return Optional.of("more than %d terms of an objective".formatted(TermSum.MOST));
      }
      if (result.counts().problem().isPresent()) {
        return result.counts().problem().map(problem -> "its virtual rank " + problem);
      }
    }
    for (BucketResult bucket : reduced.buckets()) {
      if (bucket.squareSum() < 0) {
        return Optional.of(
            "the square sum of bucket %d is %s".formatted(bucket.bucket(), bucket.squareSum()));
      }
    }
    return buckets == 0 || owns(reduced.buckets(), rank, worldSize, buckets)
        ? Optional.empty()
        : Optional.of(
            "its buckets are those of rank %d of %d among %d".formatted(rank, worldSize, buckets));
  }

  private static boolean areSound(VirtualRankResult result) {
    long tokens = 0;
    for (DatasetSums dataset : result.datasets()) {
      if (!dataset.hasSoundCounts()) {
        return false;
      }
      tokens += dataset.tokens();
    }
    return result.correctTokens() >= 0
        && result.correctTokens() <= result.tokens()
        && (result.datasets().isEmpty() || tokens == result.tokens());
  }

  /** Whether these are, in order, the buckets that a rank owns among so many. */
  static boolean owns(List<BucketResult> reported, int rank, int worldSize, int buckets) {
    Shard.Span owned = new Shard(rank, worldSize, false).owned(buckets);
    if (reported.size() != owned.size()) {
      return false;
    }
    for (int i = 0; i < reported.size(); i++) {
      if (reported.get(i).bucket() != owned.first() + i) {
        return false;
      }
    }
    return true;
  }

  /**
   * The number of buckets that most reports of a first step agree with; of several the one that the
   * member that joined first agrees with.
   *
   * @param reports buckets of each rank
   * @param sessions of each rank, which grow in the order of joining
   */
  static int likelyBuckets(List<List<BucketResult>> reports, List<Long> sessions) {
    int worldSize = reports.size();
    int best = 0;
    long bestVotes = -1;
    long bestWitness = Long.MAX_VALUE;
    for (int rank = 0; rank < worldSize; rank++) {
      int share = reports.get(rank).size();
      for (int count = Math.max(1, (share - 1) * worldSize);
          count <= (share + 1) * worldSize;
          count++) {
        if (!owns(reports.get(rank), rank, worldSize, count)) {
          continue;
        }
        long votes = 0;
        for (int other = 0; other < worldSize; other++) {
          votes += owns(reports.get(other), other, worldSize, count) ? 1 : 0;
        }
        if (votes > bestVotes || (votes == bestVotes && sessions.get(rank) < bestWitness)) {
          best = count;
          bestVotes = votes;
          bestWitness = sessions.get(rank);
        }
      }
    }
    return best;
  }
}
