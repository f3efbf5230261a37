package io.lockstep.cli.run;

import io.lockstep.cli.console.JsonLine;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.data.plan.Pace;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A run's status for programs, the same from the command line as from the run's page. */
public final class StatusLine {

  private StatusLine() {}

  /** One line of JSON; times that are not known are null. */
  public static JsonLine of(RunStatus status) {
    return new JsonLine()
        .put("run", status.run())
        .put("phase", status.phase().name().toLowerCase(Locale.ROOT))
        .put("detail", status.detail())
        .put("generation", status.generation())
        .put("steps", status.steps())
        .put("total_steps", status.totalSteps())
        .put("loss", status.loss())
        .put("steps_per_second", status.stepsPerSecond())
        .put("remaining_seconds", seconds(status, Pace.Remaining::seconds))
        .put("remaining_seconds_low", seconds(status, Pace.Remaining::low))
        .put("remaining_seconds_high", seconds(status, Pace.Remaining::high))
        .put("workers", status.workers().stream().map(RunStatus.WorkerStatus::name).toList())
        .put("notices", status.notices().stream().map(RunStatus.Notice::text).toList());
  }

  /** Not a number, which JSON writes as null, while it is unknown. */
  private static double seconds(RunStatus status, ToDoubleFunction<Pace.Remaining> part) {
    return status.remaining().stream().mapToDouble(part).findFirst().orElse(Double.NaN);
  }
}
