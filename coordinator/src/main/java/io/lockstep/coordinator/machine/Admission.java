package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunPlan;
import java.util.Optional;

/** Whether a worker that introduces itself may join. */
final class Admission {

  private Admission() {}

  /**
   * Why a worker is refused; empty if it may join.
   *
   * @param detail the phase's detail, quoted when the run has ended
   */
  static Optional<String> refusal(
      Event.Joined joined, Phase phase, String detail, Membership members, RunPlan plan) {
    if (phase.ended()) {
      return Optional.of("the run has ended: " + detail);
    }
    if (joined.name().isBlank() || joined.address().isBlank()) {
      return Optional.of("a worker needs a name and the address of its collective");
    }
    if (members.first(member -> member.name.equals(joined.name())) != null) {
      return Optional.of(
          "a worker named %s is in the run already: give this one another --name"
              .formatted(joined.name()));
    }
    Member sameAddress = members.first(member -> member.address.equals(joined.address()));
    if (sameAddress != null) {
      return Optional.of(
          "%s has the collective address %s already: give this worker another --host"
              .formatted(sameAddress.describe(), joined.address()));
    }
    if (phase != Phase.WAITING) {
      return Optional.of(
          "the run has its %d workers: start the coordinator with --workers %d for one more"
              .formatted(plan.workers(), plan.workers() + 1));
    }
    return Optional.empty();
  }
}
