package io.lockstep.data.bank;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.ImageRecord;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * The samples of earlier steps: those that stand a few steps and at most {@value #WINDOW} samples
 * before a step in the plan. The nearest steps are left out because they are being made at the same
 * time, so that their pieces would have to be cut twice.
 */
public final class EarlierSamples implements SourceSamples {

  /** How many samples count. */
  static final int WINDOW = 4096;

  /** How many of the steps before a sample's are left out. */
  static final int STEPS_LEFT_OUT = 4;

  private final EpochPlan plan;
  private final LongFunction<Optional<ImageRecord>> records;

  /**
   * The samples of a plan.
   *
   * @param records gives the record of a sample that pieces may be taken of; for any number of
   *     threads
   */
  public EarlierSamples(EpochPlan plan, LongFunction<Optional<ImageRecord>> records) {
    this.plan = plan;
    this.records = records;
  }

  @Override
  public Optional<SourceSample> choose(long step, long draw) {
    long end = Math.multiplyExact(step - STEPS_LEFT_OUT, (long) plan.globalBatch());
    long first = Math.max(0, end - WINDOW);
    if (end <= first) {
      return Optional.empty();
    }
    SampleRef chosen = plan.at(first + (long) (SplitMix64.unit(draw) * (end - first)));
    return records
        .apply(chosen.sample())
        .map(image -> new SourceSample(chosen.epoch(), chosen.sample(), image));
  }
}
