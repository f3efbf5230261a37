package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import java.nio.file.Path;

/** A message to a worker. */
public sealed interface ToWorker {

  /**
   * Answer to a worker that has joined.
   *
   * @param silenceMillis silence of the coordinator after which the worker opens another stream
   */
  record Welcome(String runConfigYaml, long heartbeatMillis, long silenceMillis)
      implements ToWorker {}

  /** The membership of a new epoch, and the worker's rank in it. */
  record NewMembership(Membership membership, int rank) implements ToWorker {}

  /** Steps that the members of a generation may compute. */
  record Lease(long generation, long firstStep, long steps) implements ToWorker {}

  /** A step is decided: apply it. */
  record Commit(CommittedStep step) implements ToWorker {}

  /**
   * Write the state after {@code steps} committed steps into {@code dir}.
   *
   * @param skippedSteps of these, those that changed no weight
   */
  record SaveCheckpoint(long generation, long steps, Path dir, long skippedSteps)
      implements ToWorker {

    /** Where none was skipped. */
    public SaveCheckpoint(long generation, long steps, Path dir) {
      this(generation, steps, dir, 0);
    }
  }

  /** Compute a share of the held-out records with the state after {@code steps} steps. */
  record Evaluate(long generation, long steps) implements ToWorker {}

  /** An evaluation is complete, for logs. */
  record Evaluation(CommittedEvaluation evaluation) implements ToWorker {}

  /**
   * The worker's last message on a stream: the run has ended, or it is evicted or refused.
   *
   * @param rejoin whether it may join again
   * @param rejoinAfterMillis how long it is refused before
   */
  record Stop(boolean finished, String reason, boolean rejoin, long rejoinAfterMillis)
      implements ToWorker {

    /** Without a time of refusal. */
    public Stop(boolean finished, String reason, boolean rejoin) {
      this(finished, reason, rejoin, 0);
    }

    /** The worker may join again after a time of refusal. */
    public static Stop until(String reason, long rejoinAfterMillis) {
      return new Stop(false, reason, true, rejoinAfterMillis);
    }
  }

  /** The coordinator is alive. */
  record Pulse() implements ToWorker {}
}
