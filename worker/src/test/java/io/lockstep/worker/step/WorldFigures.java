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
    return new Directive.Commit(
        1,
        step,
        tokens,
        loss,
        0,
        Math.sqrt(squares) / tokens,
        figures.hashCode(),
        List.of(),
        parts.stream().flatMap(part -> part.terms().stream()).toList(),
        parts.stream().map(Contribution::counts).reduce(Counts.NONE, Counts::plus));
  }
}
