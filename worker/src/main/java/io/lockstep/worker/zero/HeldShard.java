package io.lockstep.worker.zero;

import io.lockstep.data.plan.Shard;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Buffer;
import io.lockstep.worker.config.OptimizerConfig;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.List;

/**
 * A shard of the run's state as a worker holds it: the moments of what it owns and of what it
 * copies for the rank before it. The parameters of the same ranges lie in the model's flat buffer.
 *
 * <p>Both parts see every step, by the same arithmetic on the same gradients, so a copy is equal to
 * the bit to what it is a copy of.
 */
public final class HeldShard implements AutoCloseable {

  private final Shard shard;
  private final Buckets buckets;
  private final ShardedAdamW owned;
  private final ShardedAdamW copied;
  private long steps;

  /**
   * A shard whose moments are zero.
   *
   * @param steps steps that its parameters have seen
   */
  public HeldShard(
      Shard shard,
      Buckets buckets,
      Parameters parameters,
      OptimizerConfig config,
      long totalSteps,
      long steps) {
    this.shard = shard;
    this.buckets = buckets;
    this.steps = steps;
    Range own = buckets.range(shard.owned(buckets.count()));
    Range copy = buckets.range(shard.copied(buckets.count()));
    owned = new ShardedAdamW(parameters, config, totalSteps, own);
    copied = new ShardedAdamW(parameters, config, totalSteps, copy);
  }

  /** Which shard of how many this is. */
  public Shard shard() {
    return shard;
  }

  /** Steps it has seen. */
  public long steps() {
    return steps;
  }

  /** The optimizer of what it owns. */
  public ShardedAdamW owned() {
    return owned;
  }

  /** The optimizer of what it copies; its range is empty if it copies nothing. */
  public ShardedAdamW copied() {
    return copied;
  }

  /** Whether it holds a bucket. */
  public boolean holds(int bucket) {
    return holdsAll(new Shard.Span(bucket, bucket + 1));
  }

  /** Whether one of its parts holds all buckets of a span. */
  public boolean holdsAll(Shard.Span wanted) {
    return shard.held(buckets.count()).stream()
        .anyMatch(span -> span.first() <= wanted.first() && wanted.end() <= span.end());
  }

  /**
   * The moments of some of the buckets that it holds, in the order mean, mean square.
   *
   * @throws IllegalArgumentException if it does not hold all of them
   */
  public List<Buffer> moments(Shard.Span span) {
    Range range = buckets.range(span);
    for (ShardedAdamW part : List.of(owned, copied)) {
      if (part.owned().start() <= range.start() && range.end() <= part.owned().end()) {
        return List.of(slice(part, part.mean(), range), slice(part, part.meanSquare(), range));
      }
    }
    throw new IllegalArgumentException("%s does not hold %s".formatted(shard, span));
  }

  private static Buffer slice(ShardedAdamW part, Buffer moments, Range range) {
    return moments.slice(range.start() - part.owned().start(), range.floats());
  }

  /**
   * Applies the next step to all that is held.
   *
   * @param gradients the step's reduced gradient of the owned range and of the copied one
   * @param update number of the update, counted from 1
   * @param gradientScale what it is multiplied with first
   */
  public void apply(ReducedGradient gradients, long update, float gradientScale) {
    requireNext(gradients.step());
    owned.apply(steps, update, gradients.owned(), gradientScale);
    copied.apply(steps, update, gradients.copied(), gradientScale);
    steps++;
  }

  /** The next step changes nothing. */
  public void skip(long step) {
    requireNext(step);
    steps++;
  }

  private void requireNext(long step) {
    if (step != steps) {
      throw new IllegalStateException(
          "a shard that has seen %d steps is to apply step %d".formatted(steps, step));
    }
  }

  /** The bytes of its moments. */
  public long bytes() {
    return 2 * (owned.mean().bytes() + copied.mean().bytes());
  }

  @Override
  public void close() {
    owned.close();
    copied.close();
  }
}
