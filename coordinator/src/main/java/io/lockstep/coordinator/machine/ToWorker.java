package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import java.nio.file.Path;

/** A message to a worker. */
public sealed interface ToWorker {

  /**
   * Answer to a worker that has joined.
   *
   * @param silenceMillis silence of the coordinator after which the worker looks for it again
   */
  record Welcome(String runConfigYaml, long heartbeatMillis, long silenceMillis)
      implements ToWorker {}

  /** A generation of the epoch, and the worker's rank in it. */
  record NewMembership(Membership membership, int rank) implements ToWorker {}

  /** Steps the epoch may compute. */
  record Lease(long generation, long firstStep, long steps) implements ToWorker {}

  /** A step is decided: apply it. */
  record Commit(CommittedStep step) implements ToWorker {}

  /** Write the state after {@code steps} committed steps into {@code dir}. */
  record SaveCheckpoint(long generation, long steps, Path dir) implements ToWorker {}

  /**
   * The run is over for this worker.
   *
   * @param rejoin whether it may join again
   * @param rejoinAfterMillis how long it would be refused
   */
  record Stop(boolean finished, String reason, boolean rejoin, long rejoinAfterMillis)
      implements ToWorker {

    /** For a worker that may join again at once, if at all. */
    public Stop(boolean finished, String reason, boolean rejoin) {
      this(finished, reason, rejoin, 0);
    }

    /** For a worker that may join again after a while. */
    public static Stop until(String reason, long rejoinAfterMillis) {
      return new Stop(false, reason, true, rejoinAfterMillis);
    }
  }

  /** The coordinator is alive. */
  record Pulse() implements ToWorker {}
}
