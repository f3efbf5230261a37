package io.lockstep.data.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How fast steps come and how long the rest of them will take, with the spread of that.
 *
 * <p>Durations are gathered in at most {@value #MOST_BLOCKS} blocks of equal numbers of steps; when
 * there are as many, neighbours are joined and blocks hold twice the steps. So the blocks always
 * span the whole run: single slow steps (a checkpoint, a long sample) drown in their block, while a
 * machine that gets slower shows in the later blocks, which count more. What differs between blocks
 * is what may still come: it is the spread, so that a quiet run's gets narrower as its blocks grow.
 *
 * <p>Worlds of another size have another pace: each has blocks of its own, so that a worker that
 * joins, leaves or comes back doesn't mix them. Pauses between worlds are for the caller to leave
 * out. Not thread-safe.
 */
public final class Pace {

  private static final int MOST_BLOCKS = 16;

  /** What a block counts against the next one. */
  private static final double RECENCY = 0.75;

  /** Standard deviations that nine of ten draws of a normal distribution lie within. */
  private static final double DEVIATIONS = 1.64;

  /** Fewer steps of a world than this say less than those of the world before. */
  private static final int FEW = 8;

  private final Map<Integer, Blocks> worlds = new HashMap<>();
  private @Nullable Blocks known;

  /**
   * Time to the end.
   *
   * @param seconds most likely
   * @param low in nine of ten steady runs it takes at least as long
   * @param high and at most as long
   */
  public record Remaining(double seconds, double low, double high) {}

  /** A step took so long in a world of so many workers. */
  public void step(int world, double seconds) {
    Blocks blocks = worlds.computeIfAbsent(world, size -> new Blocks());
    blocks.add(seconds);
    if (known == null || blocks.steps >= FEW || known.steps < FEW) {
      known = blocks;
    }
  }

  /** 0 while no step is known. */
  public double stepsPerSecond() {
    double mean = known == null ? 0 : known.estimate().mean();
    return mean > 0 ? 1 / mean : 0;
  }

  /** Time that so many further steps will take; none while no step is known. */
  public Optional<Remaining> remaining(long steps) {
    if (known == null) {
      return Optional.empty();
    }
    Estimate step = known.estimate();
    double spread = DEVIATIONS * step.deviation();
    return Optional.of(
        new Remaining(
            steps * step.mean(),
            steps * Math.max(0, step.mean() - spread),
            steps * (step.mean() + spread)));
  }

  /** Seconds of a step, and by how much blocks differ in them. */
  private record Estimate(double mean, double deviation) {}

  /** Mean durations of equal numbers of steps, oldest first, and those of a block under way. */
  private static final class Blocks {
    private final List<Double> means = new ArrayList<>();
    private long size = 1;
    private long steps;
    private double sum;
    private long summed;

    void add(double seconds) {
      steps++;
      sum += seconds;
      summed++;
      if (summed < size) {
        return;
      }
      means.add(sum / summed);
      sum = 0;
      summed = 0;
      if (means.size() == MOST_BLOCKS) {
        for (int i = 0; i < MOST_BLOCKS / 2; i++) {
          means.set(i, (means.get(2 * i) + means.get(2 * i + 1)) / 2);
        }
        means.subList(MOST_BLOCKS / 2, MOST_BLOCKS).clear();
        size *= 2;
      }
    }

    Estimate estimate() {
      double weights = 0;
      double squares = 0;
      double mean = 0;
      double second = 0;
      double weight = 1;
      if (summed > 0) {
        double share = (double) summed / size;
        double last = sum / summed;
        weights = share;
        squares = share * share;
        mean = share * last;
        second = share * last * last;
        weight = RECENCY;
      }
      for (double block : means.reversed()) {
        weights += weight;
        squares += weight * weight;
        mean += weight * block;
        second += weight * block * block;
        weight *= RECENCY;
      }
      mean /= weights;
      double independent = weights * weights / squares;
      if (steps == 1) {
        return new Estimate(mean, mean);
      }
      double variance = Math.max(0, second / weights - mean * mean);
      return new Estimate(mean, Math.sqrt(variance * independent / Math.max(independent - 1, 0.5)));
    }
  }
}
