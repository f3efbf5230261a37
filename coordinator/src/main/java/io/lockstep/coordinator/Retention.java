package io.lockstep.coordinator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which checkpoints of a run stay: the newest ones and the best ones. The newest of all always
 * stays: it is what a run would go on from, and what a gateway loads next; if it isn't certified,
 * the newest one that is stays besides, for gateways refuse the others.
 *
 * @param keepLast so many of the newest stay; 0 for all
 * @param keepBest so many of those with the lowest loss stay besides, of certified ones; of two
 *     that are equally good the earlier one is better
 */
public record Retention(int keepLast, int keepBest) {

  /** Everything stays. */
  public static final Retention ALL = new Retention(0, 0);

  /**
   * A checkpoint as far as this decision goes.
   *
   * @param steps committed steps it holds
   * @param meanLoss mean training loss per token over the steps since the checkpoint before; one
   *     that doesn't tell, or whose loss is no number, is never among the best
   * @param certified whether its alignment certificate could be written
   */
  public record Candidate(long steps, Optional<Double> meanLoss, boolean certified) {

    /** A certified one. */
    public Candidate(long steps, Optional<Double> meanLoss) {
      this(steps, meanLoss, true);
    }
  }

  /** Checks the numbers. */
  public Retention {
    if (keepLast < 0 || keepBest < 0) {
      throw new IllegalArgumentException(
          "can't keep %d last and %d best checkpoints".formatted(keepLast, keepBest));
    }
  }

  /**
   * The checkpoints that are to be deleted.
   *
   * @param complete all complete checkpoints, in any order, each number of steps once
   * @return their steps, ascending
   */
  public List<Long> superfluous(List<Candidate> complete) {
    if (keepLast == 0) {
      return List.of();
    }
    List<Candidate> newestFirst = new ArrayList<>(complete);
    newestFirst.sort(Comparator.comparingLong(Candidate::steps).reversed());
    Set<Long> kept = new TreeSet<>();
    newestFirst.stream().limit(keepLast).forEach(candidate -> kept.add(candidate.steps()));
    newestFirst.stream()
        .filter(Candidate::certified)
        .findFirst()
        .ifPresent(candidate -> kept.add(candidate.steps()));
    complete.stream()
        .filter(Candidate::certified)
        .filter(candidate -> candidate.meanLoss().filter(loss -> !loss.isNaN()).isPresent())
        .sorted(
            Comparator.comparingDouble((Candidate candidate) -> candidate.meanLoss().orElseThrow())
                .thenComparingLong(Candidate::steps))
        .limit(keepBest)
        .forEach(candidate -> kept.add(candidate.steps()));
    return complete.stream()
        .map(Candidate::steps)
        .filter(steps -> !kept.contains(steps))
        .sorted()
        .toList();
  }
}
