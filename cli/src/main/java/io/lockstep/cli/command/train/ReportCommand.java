package io.lockstep.cli.command.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep report}. */
@Command(
    name = "report",
    description = "Draws the page of a finished run again, from what its folder holds.")
public final class ReportCommand implements Callable<Integer> {

  @Option(
      names = "--run",
      required = true,
      paramLabel = "DIR",
      description = "Folder of a run of train or quickstart.")
  private Path run = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(run.resolve(RunReport.FILE))) {
      throw new UserError(
          "%s holds no %s: name the folder of a run of train or quickstart that has ended"
              .formatted(run, RunReport.FILE));
    }
    System.out.println("report: " + RunReport.read(run).write(run));
    return 0;
  }
}
