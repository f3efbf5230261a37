package io.lockstep.data.augment;

import io.lockstep.config.Checked;
import io.lockstep.config.Interpolation;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import java.util.List;
import java.util.Optional;

/**
 * How settings change while a run goes on: linearly from milestone to milestone, from the
 * configured ones at the beginning; those of the last phase stay.
 *
 * @param phases in ascending order of their milestones
 */
record Curriculum(
    @Key(
            value = "Parts of the run, in their order; what one leaves out stays as before it.",
            min = 1)
        List<Phase> phases)
    implements Checked {

  Curriculum {
    phases = List.copyOf(phases);
  }

  /**
   * A part of the run.
   *
   * @param untilPercent where it ends, and its settings are reached: hundredths of the run's steps
   * @param untilStep the same in steps
   * @param bypassProb share of samples that stay as they are
   * @param ops the configured ones with what becomes of their numbers
   */
  record Phase(
      @Key(
              value = "Where it ends, and its values are reached, in hundredths of the run.",
              min = 0,
              aboveMin = true,
              max = 100)
          Optional<Double> untilPercent,
      @Key(value = "The same in steps; either this or `until_percent` for all phases.", min = 1)
          Optional<Long> untilStep,
      @Key(
              value = "Share of samples that stay as they are.",
              like = "bypass_prob",
              min = 0,
              max = 1)
          double bypassProb,
      @Key(
              value = "What becomes of the numbers of configured operators.",
              like = "ops",
              kinds = Operators.class,
              changes = true)
          List<ConfiguredOperator> ops) {

    Phase {
      ops = List.copyOf(ops);
    }

    private double until() {
      return untilPercent.orElseGet(() -> (double) untilStep.orElse(Long.MAX_VALUE));
    }
  }

  @Override
  public void check(Place section) {
    if (isInPercent() && phases.stream().anyMatch(phase -> phase.untilStep.isPresent())) {
      section.problem("must use either until_percent or until_step, not both");
    }
    for (int i = 0; i < phases.size(); i++) {
      Phase phase = phases.get(i);
      Place place = section.at("phases").at(i);
      if (phase.untilPercent.isEmpty() && phase.untilStep.isEmpty()) {
        place.problem("must say where it ends: until_percent or until_step");
      } else if (i > 0 && phase.until() <= phases.get(i - 1).until()) {
        place
            .at(phase.untilPercent.isPresent() ? "until_percent" : "until_step")
            .problem("must be more than that of the phase before");
      }
    }
  }

  private boolean isInPercent() {
    return phases.stream().anyMatch(phase -> phase.untilPercent.isPresent());
  }

  /** What a configuration has come to. */
  AugmentationConfig at(Progress progress, AugmentationConfig configured) {
    double now = isInPercent() ? progress.percent() : progress.step();
    double since = 0;
    AugmentationConfig from = configured;
    for (Phase phase : phases) {
      AugmentationConfig to =
          new AugmentationConfig(
              configured.enabled(), phase.bypassProb, phase.ops, Optional.empty());
      if (now < phase.until()) {
        return Interpolation.between(from, to, (now - since) / (phase.until() - since));
      }
      since = phase.until();
      from = to;
    }
    return from;
  }
}
