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
 * @param keepBest so many of the best stay besides: by evaluations in a run that is evaluated, else
 *     by their mean training loss
 */
public record SavingConfig(
    @Key(
            value =
                "Whether there are checkpoints besides the one at the end: `steps`, one every `save_steps`; `best`, one after each evaluation that is better than those before; or `no`.",
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
            value =
                "So many of the best checkpoints stay besides: by `metric_for_best_model` where the run is evaluated, else by the mean training loss.",
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
    STEPS,
    /** After each evaluation that is better than those before. */
    BEST
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

  /** Steps between checkpoints; 0 for none at regular distances. */
  public long everySteps() {
    return saveStrategy == Strategy.STEPS ? saveSteps : 0;
  }
}
