package io.lockstep.cli.command.stage;

import io.lockstep.cli.console.Share;
import io.lockstep.config.ConfigException;
import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.RunFolder;
import io.lockstep.verdict.report.Reports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep stage-b report}. */
@Command(
    name = "report",
    description = "Rebuilds the metrics and reports of a run from its rows; asks no gateway.")
public final class StageBReportCommand implements Callable<Integer> {

  @Option(
      names = "--run",
      required = true,
      paramLabel = "DIR",
      description = "Folder of a run of one mission: OUTPUT/MISSION/NAME.")
  private Path folder = Path.of("");

  @Override
  public Integer call() throws IOException, ConfigException {
    MetricsRow metrics = Reports.rebuild(new RunFolder(folder));
    MetricsRow.Counts all = metrics.withReview();
    System.out.printf(
        "accuracy: %s (%d tickets; %d false passes, %d false fails, %d malformed)%n",
        Share.text(all.acc()), all.n(), all.fp(), all.fn(), all.malformed());
    return 0;
  }
}
