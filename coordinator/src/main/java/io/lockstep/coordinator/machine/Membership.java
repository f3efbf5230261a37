package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The membership of one epoch of a run: what all of its participants are told alike.
 *
 * @param generation counts the epochs of a run, from 1
 * @param members in the order of their ranks
 * @param departing hand over what they hold and leave; their ranks follow those of the members
 * @param nextStep number of committed steps: the first step to compute
 * @param checkpoint folder that everybody loads; empty if the state comes from {@code holders}, or
 *     from the base model
 * @param holders who holds what of the state
 * @param lastCommit figures of the last committed step, for those that have yet to apply it
 * @param lastEvaluation figures of the last evaluation, for logs that lack them
 * @param transport what tensors go over
 */
public record Membership(
    long generation,
    List<Participant> members,
    List<Participant> departing,
    long nextStep,
    Optional<Path> checkpoint,
    List<Holder> holders,
    Optional<CommittedStep> lastCommit,
    Optional<CommittedEvaluation> lastEvaluation,
    TransportChoice transport) {

  public Membership {
    members = List.copyOf(members);
    departing = List.copyOf(departing);
    holders = List.copyOf(holders);
  }

  /**
   * A member or a departing worker; its rank is its place among the members, then the departing.
   *
   * @param address host and port of its collective
   * @param capability vector instructions and libraries that decide the bits of a result
   */
  public record Participant(String name, String address, String capability) {}

  /** A shard that the participant of this rank holds. */
  public record Holder(int rank, Holding holding) {}
}
