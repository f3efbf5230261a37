package io.lockstep.data.augment;

import java.util.List;

/**
 * How settings change while a run goes on: linearly from milestone to milestone, from the
 * configured ones at the beginning; those of the last phase stay.
 *
 * @param unit what milestones count
 * @param phases in ascending order of their milestones; none if settings don't change
 */
record Curriculum(Unit unit, List<Phase> phases) {

  /** Nothing changes. */
  static final Curriculum NONE = new Curriculum(Unit.PERCENT, List.of());

  Curriculum {
    phases = List.copyOf(phases);
  }

  /** What milestones count. */
  enum Unit {
    /** Hundredths of the run's steps. */
    PERCENT("until_percent"),
    /** Steps. */
    STEP("until_step");

    private final String key;

    Unit(String key) {
      this.key = key;
    }

    /** The key of a milestone in a configuration. */
    String key() {
      return key;
    }

    private double of(Progress progress) {
      return this == PERCENT ? progress.percent() : progress.step();
    }
  }

  /**
   * A part of the run.
   *
   * @param until where it ends, and its settings are reached
   */
  record Phase(double until, Settings settings) {}

  Settings at(Progress progress, Settings configured) {
    double now = unit.of(progress);
    double since = 0;
    Settings from = configured;
    for (Phase phase : phases) {
      if (now < phase.until) {
        return from.towards(phase.settings, (now - since) / (phase.until - since));
      }
      since = phase.until;
      from = phase.settings;
    }
    return from;
  }
}
