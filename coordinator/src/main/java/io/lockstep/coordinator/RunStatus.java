package io.lockstep.coordinator;

import io.lockstep.data.plan.Pace;
import java.util.List;
import java.util.Optional;

/**
 * A run at one moment.
 *
 * @param phase where it stands
 * @param detail what it waits for or why it ended, one line
 * @param generation the membership, 0 before the first
 * @param steps committed steps
 * @param totalSteps steps of the whole run
 * @param loss mean loss per supervised token of the last committed step, 0 before the first
 * @param stepsPerSecond smoothed rate without pauses between epochs, 0 while none is known
 * @param remaining time to the last step at that rate, with its spread
 * @param workers members by rank, then those that wait
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
    List<WorkerStatus> workers,
    List<Notice> notices) {

  public RunStatus {
    workers = List.copyOf(workers);
    notices = List.copyOf(notices);
  }

  /** The same run with other notices. */
  public RunStatus withNotices(List<Notice> newest) {
    return new RunStatus(
        run,
        phase,
        detail,
        generation,
        steps,
        totalSteps,
        loss,
        stepsPerSecond,
        remaining,
        workers,
        newest);
  }

  /**
   * Something a person should read.
   *
   * @param number counts the coordinator's notices, from 1
   * @param text one line
   */
  public record Notice(long number, String text) {}

  /**
   * A worker at one moment.
   *
   * @param rank -1 while it waits
   * @param activity what it did when last heard
   * @param silentMillis milliseconds since its last message
   * @param reducedStep the step it reduced last, -1 if none
   * @param node the machine it runs on, as it calls it; may be empty
   */
  public record WorkerStatus(
      String name, int rank, String activity, long silentMillis, long reducedStep, String node) {}
}
