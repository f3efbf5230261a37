package io.lockstep.cli.command.train;

import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.ProfileOptions;
import io.lockstep.cli.command.RecipeOptions;
import io.lockstep.cli.command.ResumeOptions;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.process.Child;
import io.lockstep.cli.process.KillSchedule;
import io.lockstep.cli.process.LocalCluster;
import io.lockstep.cli.process.ProcessGroup;
import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.run.SampleCounts;
import io.lockstep.cli.train.ClusterDevices;
import io.lockstep.cli.train.DrainedRun;
import io.lockstep.cli.train.OverLengthReport;
import io.lockstep.cli.train.PlannedCost;
import io.lockstep.cli.train.RunTables;
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
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep train}. */
@Command(
    name = "train",
    description = "Trains on this machine with a coordinator and N worker processes.")
public final class TrainCommand implements Callable<Integer> {

  @Mixin private RecipeOptions recipe = new RecipeOptions();

  @Option(
      names = "--workers",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description =
          "Number of worker processes; the weights don't depend on it. Needed on the CPU; on CUDA devices one for each, unless given.")
  private @Nullable Integer workers;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      defaultValue = "auto",
      description =
          "What workers compute on: the CPU, or a CUDA device for each; auto takes devices if there are some and libtorch is a build for them (default: ${DEFAULT-VALUE}).")
  private ClusterDevices.Asked device = ClusterDevices.Asked.AUTO;

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Run folder (default: the recipe's training.output_dir, or runs/<name>).")
  private @Nullable Path out;

  @Mixin private ResumeOptions begin = new ResumeOptions();

  @Option(
      names = "--kill-schedule",
      paramLabel = "FILE",
      description =
          "JSON lines of signals to send to processes on the way, to see that the run survives: at_step,"
              + " phase (computing, waiting, applying, evaluating), delay, process, signal (SIGKILL, SIGTERM,"
              + " SIGSTOP), seconds, restart_after. Recoveries are written to strikes.jsonl.")
  private @Nullable Path killSchedule;

  @Mixin private ProfileOptions profile = new ProfileOptions();

  @Option(names = "--json", description = "Print the results as JSON before the last line.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    ClusterDevices devices = ClusterDevices.choose(device, Optional.ofNullable(workers));
    RunConfig run = recipe.read();
    devices.lines().forEach(System.out::println);
    RunFolder folder = folder(run);
    LocalCluster.Beginning beginning = beginning(run.withOutputDir(folder.root()));
    Training training =
        Training.prepare(
            new LocalCluster.Options(
                recipe.file(),
                devices.workers(),
                tensors.threads(),
                devices.cuda(),
                folder,
                beginning,
                schedule(devices.workers()),
                profile.given()),
            System.out);
    System.out.print(RunTables.trainable(TuningPlan.of(run).table()));
    Training.Result result;
    try (ProcessGroup group = new ProcessGroup(folder.logs())) {
      result = training.runUntilSignalled(group);
    } catch (DrainedRun.UnbegunException drained) {
      System.out.println(drained.getMessage());
      System.out.println(DrainedRun.next(false, command(folder, devices)));
      return Child.DRAINED;
    }
    System.out.print(PlannedCost.table(run, result.metrics()));
    System.out.print(RunTables.loader(result.metrics()));
    System.out.print(RunTables.bank(result.metrics()));
    System.out.print(SampleCounts.read(folder.root()).summary());
    Optional<BestCheckpoint> best = BestCheckpoint.of(folder);
    System.out.print(RunTables.evaluations(folder, best));
    System.out.print(RunTables.skippedSteps(folder));
    System.out.print(OverLengthReport.summary(folder.root()));
    System.out.println(
        "report: "
            + result.report("Training of " + run.name(), devices.workers()).write(folder.root()));
    System.out.print(UnreadableReport.summary(folder.root()));
    System.out.println("checkpoint: " + result.checkpoint());
    best.ifPresent(
        each -> System.out.println("best checkpoint: %s (%s)".formatted(each.dir(), each.words())));
    if (json) {
      System.out.println(
          new JsonLine()
              .put("checkpoint", result.checkpoint().toString())
              .put("best_checkpoint", best.map(each -> each.dir().toString()).orElse(""))
              .put("best_figure", best.map(BestCheckpoint::words).orElse(""))
              .put("train_seconds", result.seconds())
              .put("samples_per_second", result.samplesPerSecond())
              .put("workers", devices.workers())
              .put("drained", result.drained().orElse(""))
              .put("weights_sha256", result.weightsSha256()));
    } else if (result.drained().isEmpty()) {
      System.out.println("weights sha256: " + result.weightsSha256());
    }
    if (result.drained().isPresent()) {
      System.out.println(result.drained().get());
      System.out.println(DrainedRun.next(true, command(folder, devices)));
      return Child.DRAINED;
    }
    return 0;
  }

  private String command(RunFolder folder, ClusterDevices devices) {
    return "lockstep train %s --workers %d%s%s --out %s"
        .formatted(
            recipe.given(),
            devices.workers(),
            device == ClusterDevices.Asked.AUTO ? "" : " --device " + device,
            tensors.threads() == 1 ? "" : " --threads " + tensors.threads(),
            folder.root());
  }

  /** Refuses a recipe that would give other weights before any process is started. */
  private LocalCluster.Beginning beginning(RunConfig run) throws IOException, ConfigException {
    begin.check();
    Path folder = run.outputDir().orElseThrow();
    Optional<StoredRun> stored = begin.stored(folder);
    if (stored.isEmpty()) {
      return LocalCluster.Beginning.NEW;
    }
    stored
        .get()
        .compare(StoredRun.withInputs(run), begin.acknowledged())
        .forEach(System.out::println);
    return new LocalCluster.Beginning(
        begin.resume(), begin.from(), List.copyOf(begin.acknowledged()));
  }

  private KillSchedule schedule(int workers) throws IOException {
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
    if (begin.resume()) {
      throw new UsageError("--resume needs --out: name the folder of the run that is to go on");
    }
    return RunFolder.unused(Path.of("runs", run.name()));
  }
}
