package io.lockstep.cli.rpc;

import io.lockstep.data.plan.Pace;
import java.util.List;
import java.util.Optional;

/**
 * A run as its coordinator sees it.
 *
 * @param steps committed steps
 * @param loss mean loss per supervised token of the last committed step, in nats
 * @param stepsPerSecond smoothed rate without recoveries, 0 while none is known
 * @param remaining time to the last step, with its spread
 * @param notices the newest of what people should read, oldest first
 */
public record RunStatus(
    String run,
    Phase phase,
    String detail,
    long generation,
    long steps,
    long totalSteps,
    double loss,
    double stepsPerSecond,
    Optional<Pace.Remaining> remaining,
    List<Worker> workers,
    List<Notice> notices) {

  public RunStatus {
    workers = List.copyOf(workers);
    notices = List.copyOf(notices);
  }

  /**
   * Something a person should read.
   *
   * @param number counts the coordinator's notices, from 1
   * @param text one line
   */
  public record Notice(long number, String text) {}

  /** Where a run stands. */
  public enum Phase {
    WAITING,
    FORMING,
    TRAINING,
    SAVING,
    FINISHED,
    FAILED
  }

  /**
   * One worker.
   *
   * @param rank its rank, -1 if it waits
   * @param silentMillis time since its last message
   */
  public record Worker(String id, int rank, String activity, long silentMillis) {}
}
