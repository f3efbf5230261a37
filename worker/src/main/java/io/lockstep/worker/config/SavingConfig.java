package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;

/**
 * When checkpoints are written, and which stay. One is always written at the end.
 *
 * @param saveStrategy whether there are others
 * @param saveSteps one every so many steps
 * @param saveTotalLimit so many of the newest stay; 0 for all
 * @param keepBest so many of those with the lowest mean training loss stay besides
 */
public record SavingConfig(
    @Key(
            value =
                "Whether there are checkpoints besides the one at the end: `steps`, one every `save_steps`, or `no`.",
            otherwise = "steps",
            changesWeights = false)
        Strategy saveStrategy,
    @Key(
            value = "A checkpoint every so many steps; 0 for one at the end alone.",
            otherwise = "500",
            min = 0,
            changesWeights = false)
        long saveSteps,
    @Key(
            value = "So many of the newest checkpoints stay; 0 for all.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        int saveTotalLimit,
    @Key(
            value = "So many of those with the lowest mean training loss stay besides.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        int keepBest)
    implements Checked {

  /** When checkpoints are written. */
  public enum Strategy {
    /** At the end alone. */
    NO,
    /** Every so many steps. */
    STEPS
  }

  @Override
  public void check(Place section) {
    if (keepBest > 0 && saveTotalLimit == 0) {
      section
          .at("keep_best")
          .problem(
              "has no effect while training.save_total_limit is 0, which keeps all: set save_total_limit to 1 or more");
    }
  }

  /** Steps between checkpoints; 0 for one at the end alone. */
  public long everySteps() {
    return saveStrategy == Strategy.NO ? 0 : saveSteps;
  }
}
