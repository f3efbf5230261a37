package io.lockstep.cli.command.train;

import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.process.ExitCode;
import io.lockstep.cli.process.KillSchedule;
import io.lockstep.cli.process.LocalCluster;
import io.lockstep.cli.process.ProcessGroup;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.train.BankTable;
import io.lockstep.cli.train.DrainedRun;
import io.lockstep.cli.train.LoaderTable;
import io.lockstep.cli.train.OverLengthReport;
import io.lockstep.cli.train.PlannedCost;
import io.lockstep.cli.train.StoredRun;
import io.lockstep.cli.train.Training;
import io.lockstep.cli.train.UnreadableReport;
import io.lockstep.config.ConfigException;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep train}. */
@Command(
    name = "train",
    description = "Trains on this machine with a coordinator and N worker processes.")
public final class TrainCommand implements Callable<Integer> {

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The recipe.")
  private Path config = Path.of("");

  @Option(
      names = "--workers",
      converter = Numbers.Count.class,
      required = true,
      paramLabel = "N",
      description = "Number of worker processes; the weights don't depend on it.")
  private int workers;

  @Option(
      names = "--threads",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of each worker's tensor operations (default: ${DEFAULT-VALUE}).")
  private int threads;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Run folder (default: the recipe's run.output_dir, or runs/<name>).")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      description =
          "Go on with the run in --out from where it stopped. A recipe that differs in what changes"
              + " the weights is refused.")
  private boolean resume;

  @Option(
      names = "--resume-from",
      paramLabel = "DIR",
      description =
          "Begin a new run at another run's checkpoint, with its moments and its place in the"
              + " schedule.")
  private @Nullable Path resumeFrom;

  @Option(
      names = "--acknowledge",
      paramLabel = "KEY",
      description =
          "With --resume or --resume-from: a key of the recipe whose change is wanted although it"
              + " changes the weights, for example training.max_steps; or numerics.NAME if workers"
              + " compute with another number of threads, processor or library than before, for"
              + " example numerics.threads. May be repeated.")
  private List<String> acknowledged = List.of();

  @Option(
      names = "--kill-schedule",
      paramLabel = "FILE",
      description =
          "JSON lines of signals to send to processes on the way, to see that the run survives: at_step,"
              + " phase (computing, waiting, applying), delay, process, signal (SIGKILL, SIGTERM,"
              + " SIGSTOP), seconds, restart_after. Recoveries are written to strikes.jsonl.")
  private @Nullable Path killSchedule;

  @Option(names = "--json", description = "Print the results as JSON before the last line.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    RunConfig run = RunConfig.read(config);
    RunFolder folder = folder(run);
    LocalCluster.Beginning beginning = beginning(run.withOutputDir(folder.root()));
    Training training =
        Training.prepare(
            new LocalCluster.Options(config, workers, threads, folder, beginning, schedule()),
            System.out);
    System.out.print(TuningTable.render(TuningPlan.of(run).table()));
    Training.Result result;
    try (ProcessGroup group = new ProcessGroup(folder.logs())) {
      result = training.runUntilSignalled(group);
    } catch (DrainedRun.UnbegunException drained) {
      System.out.println(drained.getMessage());
      System.out.println(DrainedRun.next(false, folder.root(), command(folder)));
      return ExitCode.DRAINED;
    }
    System.out.print(PlannedCost.table(run, result.metrics()));
    System.out.print(LoaderTable.of(result.metrics()));
    System.out.print(BankTable.of(result.metrics()));
    System.out.print(OverLengthReport.summary(folder.root()));
    System.out.println(
        "report: " + result.report("Training of " + run.name(), workers).write(folder.root()));
    System.out.print(UnreadableReport.summary(folder.root()));
    System.out.println("checkpoint: " + result.checkpoint());
    if (json) {
      System.out.println(
          new JsonLine()
              .put("checkpoint", result.checkpoint().toString())
              .put("train_seconds", result.seconds())
              .put("samples_per_second", result.samplesPerSecond())
              .put("workers", workers)
              .put("drained", result.drained().orElse(""))
              .put("weights_sha256", result.weightsSha256()));
    } else if (result.drained().isEmpty()) {
      System.out.println("weights sha256: " + result.weightsSha256());
    }
    if (result.drained().isPresent()) {
      System.out.println(result.drained().get());
      System.out.println(DrainedRun.next(true, folder.root(), command(folder)));
      return ExitCode.DRAINED;
    }
    return 0;
  }

  private String command(RunFolder folder) {
    return "lockstep train --config %s --workers %d%s --out %s"
        .formatted(config, workers, threads == 1 ? "" : " --threads " + threads, folder.root());
  }

  /** Refuses a recipe that would give other weights before any process is started. */
  private LocalCluster.Beginning beginning(RunConfig run) throws IOException, ConfigException {
    Path from = resumeFrom == null ? null : resumeFrom.toAbsolutePath().normalize();
    if (!resume && from == null) {
      if (!acknowledged.isEmpty()) {
        throw new UsageError("--acknowledge needs --resume or --resume-from");
      }
      return LocalCluster.Beginning.NEW;
    }
    if (resume && from != null) {
      throw new UsageError(
          "--resume goes on with the run in --out, --resume-from begins another: give one of them");
    }
    Path folder = run.outputDir().orElseThrow();
    StoredRun stored =
        from == null ? StoredRun.of(new RunFolder(folder)) : StoredRun.ofCheckpoint(from);
    stored
        .compare(StoredRun.withInputs(run), Set.copyOf(acknowledged))
        .forEach(System.out::println);
    return new LocalCluster.Beginning(resume, Optional.ofNullable(from), acknowledged);
  }

  private KillSchedule schedule() throws IOException {
    Path file = killSchedule;
    return file == null ? KillSchedule.NONE : KillSchedule.read(file, workers);
  }

  private RunFolder folder(RunConfig run) {
    Path chosen = out;
    if (chosen != null) {
      return new RunFolder(chosen);
    }
    return run.outputDir().map(RunFolder::new).orElseGet(() -> unnamed(run));
  }

  private RunFolder unnamed(RunConfig run) {
    if (resume) {
      throw new UsageError("--resume needs --out: name the folder of the run that is to go on");
    }
    return RunFolder.unused(Path.of("runs", run.name()));
  }
}
