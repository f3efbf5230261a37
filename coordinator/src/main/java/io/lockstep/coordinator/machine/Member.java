package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.RunStatus;
import org.jspecify.annotations.Nullable;

/** What the machine knows of one worker; owned by the machine's thread. */
final class Member {
  final long session;
  final String name;
  final String address;
  final String capability;

  /** Rank in the current generation, -1 before the first. */
  int rank = -1;

  /** Connected to every peer and loaded. */
  boolean ready;

  /** What it reported for the step being reduced. */
  StepDecision.@Nullable Report report;

  long reducedStep = -1;
  long appliedStep = -1;

  /** Has written its part of the checkpoint being saved. */
  boolean partWritten;

  /** Its last word, if it has said that it can't go on. */
  @Nullable String failure;

  String activity = "joined";
  long lastSeen;

  Member(Event.Joined joined, long now) {
    session = joined.session();
    name = joined.name();
    address = joined.address();
    capability = joined.capability();
    lastSeen = now;
  }

  WorldMember asWorldMember() {
    return new WorldMember(name, address, capability);
  }

  RunStatus.WorkerStatus status(long now) {
    return new RunStatus.WorkerStatus(name, rank, activity, now - lastSeen, reducedStep);
  }

  /** For messages: the name, and the rank once there is one. */
  String describe() {
    return rank < 0 ? name : name + " (rank " + rank + ")";
  }
}
