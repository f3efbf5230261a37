package io.lockstep.cli.command.train;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Closing;
import io.lockstep.cli.report.RunDashboard;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.train.PlannedCost;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.operations.Health;
import io.lockstep.operations.OperationsServer;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.security.ListenAddress;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lockstep run}. */
@Command(
    name = "run",
    description = "Shows runs.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = RunCommand.Show.class)
public final class RunCommand extends CommandGroup {

  /** {@code lockstep run show}. */
  @Command(
      name = "show",
      description =
          "Serves the page of a run from its folder, on this machine alone, while the run goes on or"
              + " after it: curves, who owns what, memberships, events, checkpoints, logs, the recipe.")
  static final class Show implements Callable<Integer> {

    @Parameters(paramLabel = "DIR", description = "Folder of a run.")
    private Path folder = Path.of("");

    @Option(
        names = "--http-port",
        converter = Numbers.Port.class,
        paramLabel = "PORT",
        defaultValue = "0",
        description = "Port to listen on; 0, the default, takes a free one.")
    private int port;

    @Override
    public Integer call() throws Exception {
      RunFolder run = new RunFolder(folder);
      if (!Files.isRegularFile(run.root().resolve(RunJournal.FILE_NAME))) {
        throw new UserError(
            "%s holds no run: name the folder that 'train --out' or 'coordinator start --out' wrote"
                .formatted(folder));
      }
      RunDashboard page =
          new RunDashboard(
              run.root(),
              RunDashboard.Live.NONE,
              recipe -> PlannedCost.subject(recipe, TuningPlan.of(recipe)));
      try (OperationsServer server =
              OperationsServer.start(
                  ListenAddress.local("127.0.0.1", port),
                  Reading.INSTANCE,
                  new ProcessRegistry("page", Optional.empty()),
                  Map.of("/", page));
          Closing closing = Closing.atExit(server::close)) {
        System.out.printf("http://127.0.0.1:%d/ shows %s; Ctrl-C ends it%n", server.port(), folder);
        System.out.flush();
        Thread.currentThread().join();
      }
      return 0;
    }
  }

  /** A process that only reads is always as it should be. */
  private enum Reading implements Health {
    INSTANCE;

    @Override
    public Condition started() {
      return Condition.good("reads a folder");
    }

    @Override
    public Condition ready() {
      return started();
    }

    @Override
    public Condition live() {
      return started();
    }
  }
}
