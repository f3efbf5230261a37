package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import java.nio.file.Path;
import java.util.List;

/** A message to a worker. */
public sealed interface ToWorker {

  /** Answer to a worker that has joined. */
  record Welcome(String runConfigYaml, long heartbeatMillis) implements ToWorker {}

  /**
   * A generation of the world as one member sees it. Every generation of this coordinator starts
   * from the base model, at step 0.
   */
  record World(long generation, int rank, List<WorldMember> members, long nextStep)
      implements ToWorker {
    public World {
      members = List.copyOf(members);
    }
  }

  /** Steps the world may compute. */
  record Lease(long generation, long firstStep, long steps) implements ToWorker {}

  /** A step is decided: apply it. */
  record Commit(CommittedStep step) implements ToWorker {}

  /** Write the state after {@code steps} committed steps into {@code dir}. */
  record SaveCheckpoint(long generation, long steps, Path dir) implements ToWorker {}

  /** The run is over for this worker. */
  record Stop(boolean finished, String reason) implements ToWorker {}
}
