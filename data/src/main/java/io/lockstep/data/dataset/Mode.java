package io.lockstep.data.dataset;

import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.prompt.Task;

/** Which task each record is used for. */
public sealed interface Mode {

  /** Every record is described densely. */
  Mode DENSE = new Always(Task.DENSE);

  /** Every record is summed up. */
  Mode SUMMARY = new Always(Task.SUMMARY);

  /** The task of a record; a function of its arguments alone. */
  Task taskOf(long seed, long epoch, long sample);

  /** Whether a record may be used for a task. */
  boolean mayBe(Task task);

  /** The same task for all. */
  record Always(Task task) implements Mode {
    @Override
    public Task taskOf(long seed, long epoch, long sample) {
      return task;
    }

    @Override
    public boolean mayBe(Task other) {
      return other == task;
    }
  }

  /**
   * Either task, drawn anew for each record and epoch.
   *
   * @param summaryRatio the share of summaries, between 0 and 1
   */
  record Mixed(double summaryRatio) implements Mode {

    // Keeps this draw apart from others that are made from the same seed, epoch and sample.
    private static final long PURPOSE = 0x7461736bL;

    public Mixed {
      if (!(summaryRatio >= 0 && summaryRatio <= 1)) {
        throw new IllegalArgumentException(
            "the share of summaries must lie between 0 and 1, got " + summaryRatio);
      }
    }

    @Override
    public Task taskOf(long seed, long epoch, long sample) {
      double draw = SplitMix64.unit(SplitMix64.mix(PURPOSE, seed, epoch, sample));
      return draw < summaryRatio ? Task.SUMMARY : Task.DENSE;
    }

    @Override
    public boolean mayBe(Task task) {
      return task == Task.SUMMARY ? summaryRatio > 0 : summaryRatio < 1;
    }
  }
}
