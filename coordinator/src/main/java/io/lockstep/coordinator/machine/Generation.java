package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A membership of the world: what all of its members are told alike.
 *
 * @param number from 1, growing
 * @param members in the order of their ranks
 * @param departing hand over what they hold and leave; their ranks follow those of the members
 * @param nextStep number of committed steps: the first step to compute
 * @param checkpoint folder that everybody loads; empty if the state comes from {@code holders}, or
 *     from the base model
 * @param holders who holds what of the state
 * @param lastCommit figures of the last committed step, for those that have yet to apply it
 */
public record Generation(
    long number,
    List<WorldMember> members,
    List<WorldMember> departing,
    long nextStep,
    Optional<Path> checkpoint,
    List<Holder> holders,
    Optional<CommittedStep> lastCommit) {

  public Generation {
    members = List.copyOf(members);
    departing = List.copyOf(departing);
    holders = List.copyOf(holders);
  }

  /** Something that the participant of this rank holds. */
  public record Holder(int rank, Holding holding) {}
}
