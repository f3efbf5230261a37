package io.lockstep.cli.command.coordinator;

import io.lockstep.cli.command.CoordinatorOption;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.Clock;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.data.plan.Pace;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep coordinator status}. */
@Command(name = "status", description = "Prints where a run stands.")
final class CoordinatorStatusCommand implements Callable<Integer> {

  @Mixin private CoordinatorOption coordinator = new CoordinatorOption();

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() {
    RunStatus status;
    try (CoordinatorClient client = coordinator.connect()) {
      status = client.status();
    }
    Table table =
        new Table()
            .row("run", status.run())
            .row("phase", status.phase().name().toLowerCase(Locale.ROOT) + ", " + status.detail())
            .row("steps", status.steps() + " of " + status.totalSteps())
            .row("loss", String.format(Locale.ROOT, "%.4f", status.loss()))
            .row("steps/s", String.format(Locale.ROOT, "%.2f", status.stepsPerSecond()))
            .row("remaining", status.remaining().map(Clock::text).orElse("-"));
    for (RunStatus.WorkerStatus worker : status.workers()) {
      String rank = worker.rank() < 0 ? "waits" : "rank " + worker.rank();
      table.row(worker.name(), rank + ", " + worker.activity());
    }
    System.out.print(table.render());
    status.notices().forEach(notice -> System.out.println("  " + notice.text()));
    json.print(
        new JsonLine()
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
            .put("notices", status.notices().stream().map(RunStatus.Notice::text).toList()));
    return 0;
  }

  /** Not a number, which JSON writes as null, while it is unknown. */
  private static double seconds(RunStatus status, ToDoubleFunction<Pace.Remaining> part) {
    return status.remaining().stream().mapToDouble(part).findFirst().orElse(Double.NaN);
  }
}
