package io.lockstep.cli.command.coordinator;

import io.lockstep.cli.command.CoordinatorOption;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.Clock;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.cli.run.StatusLine;
import io.lockstep.coordinator.RunStatus;
import java.util.Locale;
import java.util.concurrent.Callable;
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
    json.print(StatusLine.of(status));
    return 0;
  }
}
