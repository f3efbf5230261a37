package io.lockstep.cli.command.train;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.Installation;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.quickstart.Quickstart;
import io.lockstep.cli.quickstart.QuickstartFolder;
import io.lockstep.cli.quickstart.Report;
import io.lockstep.cli.quickstart.Results;
import io.lockstep.cli.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep quickstart}. */
@Command(
    name = "quickstart",
    description = "Everything once, on this machine: data, training, gateway, Stage-A, Stage-B.")
public final class QuickstartCommand implements Callable<Integer> {

  private static final Path RECIPE = Path.of("configs", "recipes", "quickstart.yaml");

  @Option(
      names = "--workers",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "2",
      description = "Number of worker processes (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where everything goes (default: runs/quickstart, or the next free number).")
  private @Nullable Path out;

  @Option(names = "--config", hidden = true, paramLabel = "FILE", description = "Another recipe.")
  private @Nullable Path config;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    Path recipe = config == null ? Installation.home().resolve(RECIPE) : config;
    if (!Files.exists(recipe)) {
      throw new UserError(recipe + " does not exist: run from a full clone of the repository");
    }
    QuickstartFolder folder = new QuickstartFolder(folder().root());
    Results results = new Quickstart(recipe, workers, folder, System.out).run();
    System.out.print(Report.text(folder, results));
    json.print(json(results));
    return 0;
  }

  private RunFolder folder() throws Exception {
    return out == null
        ? RunFolder.unused(Path.of("runs", "quickstart"))
        : new RunFolder(out).requireUnused();
  }

  private static JsonLine json(Results results) {
    return new JsonLine()
        .put("summary_exact_match", results.exactMatch())
        .put("base_summary_exact_match", results.baseExactMatch())
        .put("stage_b_accuracy", results.stageBAccuracy())
        .put("train_seconds", results.training().seconds())
        .put("total_seconds", results.totalSeconds())
        .put("samples_per_second", results.training().samplesPerSecond())
        .put("weights_sha256", results.training().weightsSha256())
        .put("workers", results.workers());
  }
}
