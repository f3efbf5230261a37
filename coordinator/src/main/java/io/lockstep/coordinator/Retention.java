package io.lockstep.coordinator;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which checkpoints of a run are kept: the newest and the best. The newest is always kept: a run
 * goes on from it, and a gateway loads it next. If it isn't certified, the newest certified one is
 * kept too, since gateways refuse the others.
 *
 * @param keepLast number of newest checkpoints that are kept; 0 for all
 * @param keepBest number of certified checkpoints of the lowest cost that are kept besides; of two
 *     of the same cost the earlier one is better
 */
public record Retention(int keepLast, int keepBest) {

  /** All are kept. */
  public static final Retention ALL = new Retention(0, 0);

  /**
   * What the decision needs to know of a checkpoint.
   *
   * @param steps committed steps it holds
   * @param cost by which they are compared, less is better: the figure of the evaluation after the
   *     same steps in a run that is evaluated, else the mean training loss per token over the steps
   *     since the checkpoint before; a checkpoint without it, or whose cost is no number, is never
   *     among the best
   * @param certified whether its alignment certificate could be written
   */
  public record Candidate(long steps, Optional<Double> cost, boolean certified) {

    /** A certified one. */
    public Candidate(long steps, Optional<Double> cost) {
      this(steps, cost, true);
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
    bestFirst(complete).stream().limit(keepBest).forEach(candidate -> kept.add(candidate.steps()));
    return complete.stream()
        .map(Candidate::steps)
        .filter(steps -> !kept.contains(steps))
        .sorted()
        .toList();
  }

  /** The certified checkpoints whose cost is known, the best first. */
  public static List<Candidate> bestFirst(List<Candidate> complete) {
    return complete.stream()
        .filter(Candidate::certified)
        .filter(candidate -> candidate.cost().filter(cost -> !cost.isNaN()).isPresent())
        .sorted(
            Comparator.comparingDouble((Candidate candidate) -> candidate.cost().orElseThrow())
                .thenComparingLong(Candidate::steps))
        .toList();
  }
}
