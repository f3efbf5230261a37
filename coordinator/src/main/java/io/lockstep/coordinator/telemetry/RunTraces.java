package io.lockstep.coordinator.telemetry;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.operations.trace.Span;
import io.lockstep.operations.trace.TraceContext;
import io.lockstep.operations.trace.Traces;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Tells of a run's steps, memberships and checkpoints; workers tell of their parts of them. Passes
 * on what it hears.
 */
public final class RunTraces implements RunListener {

  /** Steps whose commits are remembered until their checkpoint is complete. */
  private static final int REMEMBERED = 4096;

  private final Traces traces;
  private final String run;
  private final RunListener next;
  private final LongSupplier nanos;

  // Of the run's thread.
  private long before;
  private long forming;
  private boolean formed;
  private long generation;
  private final Map<Long, Long> commits =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * Tells of a run.
   *
   * @param run what its workers call it, too
   * @param next hears everything after this
   */
  public RunTraces(Traces traces, String run, RunListener next) {
    this(traces, run, next, System::nanoTime);
  }

  RunTraces(Traces traces, String run, RunListener next, LongSupplier nanos) {
    this.traces = traces;
    this.run = run;
    this.next = next;
    this.nanos = nanos;
    before = nanos.getAsLong();
    forming = before;
  }

  @Override
  public void phaseChanged(Phase phase, String detail) {
    switch (phase) {
      case FORMING -> {
        forming = nanos.getAsLong();
        formed = false;
      }
      case TRAINING -> {
        // Also after a checkpoint: the membership is the same then.
        formed = true;
        before = nanos.getAsLong();
      }
      case WAITING, SAVING, FINISHED, FAILED -> {}
    }
    next.phaseChanged(phase, detail);
  }

  @Override
  public void stepCommitted(CommittedStep step, double stepsPerSecond) {
    long now = nanos.getAsLong();
    if (formed && step.generation() != generation) {
      generation = step.generation();
      long end = before;
      traces.begin(
          TraceContext.of(run, "membership", generation, generation),
          () ->
              Span.of("membership change", forming, end)
                  .with(Map.of("generation", step.generation())));
    }
    long begin = before;
    traces.begin(
        TraceContext.of(run, "step", step.generation(), step.step()),
        () ->
            Span.of("training step", begin, now)
                .with(
                    Map.of(
                        "generation",
                        step.generation(),
                        "step",
                        step.step(),
                        "tokens",
                        step.tokens())));
    before = now;
    commits.put(step.step() + 1, now);
    next.stepCommitted(step, stepsPerSecond);
  }

  @Override
  public void checkpointCommitted(CommittedCheckpoint checkpoint) {
    long now = nanos.getAsLong();
    long begin = commits.getOrDefault(checkpoint.steps(), now);
    traces.begin(
        TraceContext.of(run, "checkpoint", generation, checkpoint.steps()),
        () ->
            Span.of("checkpoint", begin, now)
                .with(Map.of("steps", checkpoint.steps(), "bytes", checkpoint.bytes())));
    next.checkpointCommitted(checkpoint);
  }

  @Override
  public void notice(String text) {
    next.notice(text);
  }

  @Override
  public void ended(RunOutcome outcome) {
    next.ended(outcome);
  }
}
