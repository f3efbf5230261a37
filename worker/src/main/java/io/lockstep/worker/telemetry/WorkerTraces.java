package io.lockstep.worker.telemetry;

import io.lockstep.operations.trace.Span;
import io.lockstep.operations.trace.TraceContext;
import io.lockstep.operations.trace.Traces;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a worker did, as parts of the spans that its coordinator tells of: steps, memberships,
 * checkpoints. Times are nanoseconds of {@link System#nanoTime}.
 */
final class WorkerTraces {

  private final Traces traces;
  private volatile String run = "";
  private volatile long announced;
  private volatile long askedToSave;

  WorkerTraces(Traces traces) {
    this.traces = traces;
  }

  void run(String name) {
    run = name;
  }

  void heard(Directive directive, long now) {
    switch (directive) {
      case Directive.NewMembership _ -> announced = now;
      case Directive.SaveCheckpoint _ -> askedToSave = now;
      case Directive.Lease _,
          Directive.Commit _,
          Directive.Evaluate _,
          Directive.Evaluation _,
          Directive.Stop _ -> {}
    }
  }

  /** It has come into a membership. */
  void ready(long generation, int rank, long now) {
    if (traces.isOn()) {
      traces.part(
          TraceContext.of(run, "membership", generation, generation),
          () ->
              Span.of("come into membership", announced, now)
                  .with(Map.of("generation", generation, "rank", rank)));
    }
  }

  /** Its files of a checkpoint are written. */
  void saved(long generation, long steps, int rank, long now) {
    if (traces.isOn()) {
      traces.part(
          TraceContext.of(run, "checkpoint", generation, steps),
          () ->
              Span.of("write checkpoint", askedToSave, now)
                  .with(Map.of("generation", generation, "steps", steps, "rank", rank)));
    }
  }

  /**
   * It has applied a step.
   *
   * @param reduced when it had told the coordinator what it reduced
   * @param committed when it heard of the commit
   */
  void step(
      Session.StepTimes step, long generation, int rank, long reduced, long committed, long now) {
    if (traces.isOn()) {
      traces.part(
          TraceContext.of(run, "step", generation, step.step()),
          () ->
              Span.of("step of a rank", step.began(), now)
                  .with(Map.of("generation", generation, "step", step.step(), "rank", rank))
                  .with(parts(step, reduced, committed, now)));
    }
  }

  private static List<Span> parts(Session.StepTimes step, long reduced, long committed, long now) {
    List<Span> parts = new ArrayList<>();
    long computed = step.began();
    for (Session.Portion portion : step.portions()) {
      parts.add(
          Span.of(
                  portion.computed() ? "forward and backward" : "prefetch",
                  portion.begin(),
                  portion.end())
              .with(Map.of("virtual_rank", portion.virtualRank())));
      computed = portion.end();
    }
    parts.add(Span.of("reduce", computed, reduced));
    parts.add(Span.of("commit", reduced, committed));
    parts.add(Span.of("optimizer", committed, now));
    return parts;
  }
}
