package io.lockstep.worker.step;

import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.BucketFigures;
import io.lockstep.worker.protocol.Session.Contribution;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.stream.IntStream;

/** What the ranks of a world have told of a step; everybody waits until all have. */
public final class WorldFigures {
  private final Phaser everybody;
  private final List<List<Contribution>> contributions;
  private final List<List<BucketFigures>> buckets;

  public WorldFigures(int world, int steps) {
    everybody = new Phaser(world);
    contributions = slots(steps);
    buckets = slots(steps);
  }

  private static <T> List<List<T>> slots(int steps) {
    return IntStream.range(0, steps)
        .mapToObj(step -> Collections.synchronizedList(new ArrayList<T>()))
        .toList();
  }

  /** Steps before this one that were skipped, since a figure was not finite. */
  private long skippedBefore(int step) {
    return IntStream.range(0, step)
        .filter(before ->
            contributions.get(before).stream().anyMatch(part -> !Double.isFinite(part.lossSum()))
                || buckets.get(before).stream()
                    .anyMatch(figure -> !Double.isFinite(figure.squareSum())))
        .count();
  }

  /** The names of samples that were reported as not finite in a step, in order. */
  List<String> notFinite(int step) {
    return contributions.get(step).stream()
        .sorted(Comparator.comparingInt(Contribution::virtualRank))
        .flatMap(part -> part.notFinite().stream())
        .toList();
  }

  public Directive.Commit commit(int step, TrainingStep.Reduction reduction) {
    contributions.get(step).addAll(reduction.contributions());
    buckets.get(step).addAll(reduction.figures());
    everybody.arriveAndAwaitAdvance();
    List<Contribution> parts =
        contributions.get(step).stream()
            .sorted(Comparator.comparingInt(Contribution::virtualRank))
            .toList();
    List<BucketFigures> figures =
        buckets.get(step).stream().sorted(Comparator.comparingInt(BucketFigures::bucket)).toList();
    long tokens = parts.stream().mapToLong(Contribution::tokens).sum();
    double loss = 0;
    for (Contribution part : parts) {
      loss += part.lossSum();
    }
    double squares = 0;
    for (BucketFigures figure : figures) {
      squares += figure.squareSum();
    }
    double norm = Math.sqrt(squares) / tokens;
    boolean finite = Double.isFinite(loss) && Double.isFinite(norm);
    return new Directive.Commit(
        1,
        step,
        tokens,
        loss,
        0,
        norm,
        finite ? figures.hashCode() : 0,
        List.of(),
        parts.stream().flatMap(part -> part.terms().stream()).toList(),
        parts.stream().map(Contribution::counts).reduce(Counts.NONE, Counts::plus),
        !finite,
        skippedBefore(step) + (finite ? 0 : 1));
  }
}
