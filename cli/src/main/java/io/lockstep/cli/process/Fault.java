package io.lockstep.cli.process;

import io.lockstep.cli.rpc.RunStatus;
import java.time.Duration;
import java.util.Optional;

/**
 * A signal that is to be sent to a process of a run.
 *
 * @param atStep it is due once so many steps are committed
 * @param phase and once the worker is seen in this phase of the next step; a phase that is missed
 *     for two steps counts as seen
 * @param delay and so much later
 * @param process the process's name, such as {@code worker-1} or {@code coordinator}
 * @param signal what is sent
 * @param length how long a stopped process stands still
 * @param restart how long after the end of the process another one takes its place; empty for never
 */
public record Fault(
    long atStep,
    Optional<Phase> phase,
    Duration delay,
    String process,
    Signal signal,
    Duration length,
    Optional<Duration> restart) {

  /** The signals that a schedule may send. */
  public enum Signal {
    /** Ends the process at once. */
    SIGKILL,
    /**
     * Asks the process to end: a worker finishes its step, hands over what it holds, and leaves.
     */
    SIGTERM,
    /** Makes the process stand still. */
    SIGSTOP
  }

  /** Where in a step a worker is, as the coordinator's status shows it. */
  public enum Phase {
    /** Forward and backward, and the reduction. */
    COMPUTING("computing step "),
    /** Reduced, not yet committed. */
    WAITING("waiting for the commit of step "),
    /** Committed, not yet everywhere. */
    APPLYING("applying step ");

    private final String activity;

    Phase(String activity) {
      this.activity = activity;
    }
  }

  /** Whether step and phase are reached; the delay isn't counted. */
  boolean isDue(RunStatus status) {
    if (status.steps() < atStep) {
      return false;
    }
    // A phase that was missed must not keep the fault from happening at all.
    return phase.isEmpty()
        || status.steps() > atStep + 1
        || status.workers().stream()
            .anyMatch(worker ->
                worker.id().equals(process) && worker.activity().startsWith(phase.get().activity));
  }
}
