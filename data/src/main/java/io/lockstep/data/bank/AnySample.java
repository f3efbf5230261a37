package io.lockstep.data.bank;

import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import java.util.Optional;
import java.util.function.LongFunction;

/** All samples of a dataset, at any step: where a file is augmented and there is no plan. */
public final class AnySample implements Donors {

  private final long samples;
  private final LongFunction<DataRecord> records;

  /**
   * The samples of a dataset.
   *
   * @param samples how many there are, at least 1
   * @param records gives the record of a sample; for any number of threads
   */
  public AnySample(long samples, LongFunction<DataRecord> records) {
    this.samples = samples;
    this.records = records;
  }

  @Override
  public Optional<Donor> donor(long step, long draw) {
    long sample = (long) (SplitMix64.unit(draw) * samples);
    return records.apply(sample) instanceof ImageRecord image
        ? Optional.of(new Donor(0, sample, image))
        : Optional.empty();
  }
}
