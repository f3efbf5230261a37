package io.lockstep.cli.process;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.coordinator.RunStatus;
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
    @Key(value = "It is due once so many steps are committed.", otherwise = "0", min = 0)
        long atStep,
    @Key("And once the worker is seen in this phase of the next step.") Optional<Phase> phase,
    @Key(
            name = "delay",
            value = "And so much later.",
            otherwise = "0",
            min = 0,
            max = MAX_SECONDS,
            unit = "seconds")
        Duration delay,
    @Key(
            value = "The process's name.",
            pattern = COORDINATOR + "|" + WORKER + "\\d{1,6}",
            patternInWords = "coordinator or worker-N")
        String process,
    @Key(value = "What is sent.", otherwise = "sigkill") Signal signal,
    @Key(
            name = "seconds",
            value = "How long a stopped process stands still.",
            otherwise = "0",
            min = 0,
            max = MAX_SECONDS,
            unit = "seconds")
        Duration length,
    @Key(
            name = "restart_after",
            value = "How long after the end of the process another one takes its place.",
            min = 0,
            max = MAX_SECONDS,
            unit = "seconds")
        Optional<Duration> restart)
    implements Checked {

  /** The name of the one process that is no worker. */
  static final String COORDINATOR = "coordinator";

  static final String WORKER = "worker-";
  static final double MAX_SECONDS = 86_400;

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
    APPLYING("applying step "),
    /** Between two leases, its share of the held-out records. */
    EVALUATING("evaluating record ");

    private final String activity;

    Phase(String activity) {
      this.activity = activity;
    }
  }

  @Override
  public void check(Place line) {
    if (signal == Signal.SIGSTOP == length.isZero()) {
      line.at("seconds").problem("says how long SIGSTOP lasts, and goes with no other signal");
    }
    if (signal == Signal.SIGSTOP && restart.isPresent()) {
      line.at("restart_after")
          .problem("goes with SIGKILL and SIGTERM: a stopped process goes on by itself");
    }
    if (process.equals(COORDINATOR) && phase.isPresent()) {
      line.at("phase").problem("is a worker's: give the coordinator a 'delay' instead");
    }
    if (process.equals(COORDINATOR) && signal == Signal.SIGTERM) {
      line.at("signal")
          .problem(
              "can't be SIGTERM: the coordinator ends with the run alone: send it SIGKILL or SIGSTOP,"
                  + " or drain the run");
    }
  }

  /** The number of the worker, unless it is the coordinator. */
  int worker() {
    return Integer.parseInt(process.substring(WORKER.length()));
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
                worker.name().equals(process)
                    && worker.activity().startsWith(phase.get().activity));
  }
}
