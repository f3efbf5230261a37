package io.lockstep.cli.command.model;

import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.model.checkpoint.AdapterMerge;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep export merge}. */
@Command(
    name = "merge",
    description = {
      "Adds an adapter to its base model's weights, one tensor at a time, and writes the model that"
          + " both are together.",
      "The last line is the SHA-256 of the merged weights."
    })
public final class ExportMergeCommand implements Callable<Integer> {

  private static final double GIGABYTE = 1e9;

  /** Types that weights can be written in, as the public library calls them. */
  private enum Precision {
    FLOAT32(DType.F32),
    BFLOAT16(DType.BF16),
    FLOAT16(DType.F16);

    private final DType type;

    Precision(DType type) {
      this.type = type;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "The base model's folder (default: the one that the adapter names).")
  private @Nullable Path model;

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "DIR",
      description = "The adapter's folder: adapter_config.json and adapter_model.safetensors.")
  private Path adapter = Path.of("");

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The merged model's folder, which must not exist.")
  private Path out = Path.of("");

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "float32",
      description =
          "Type of the merged weights: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}, which"
              + " alone loses nothing).")
  private Precision precision = Precision.FLOAT32;

  @Option(
      names = "--max-shard-gb",
      paramLabel = "N",
      defaultValue = "5",
      description = "Most gigabytes of weights in one file (default: ${DEFAULT-VALUE}).")
  private double maxShardGigabytes;

  @Mixin private JsonOption json = new JsonOption();

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Override
  public Integer call() throws Exception {
    Path base = base();
    if (Files.exists(out)) {
      throw new UserError(out + " exists already: give --out a folder that does not");
    }
    if (!(maxShardGigabytes > 0)) {
      throw new UsageError("--max-shard-gb is " + maxShardGigabytes + ": give more than 0");
    }
    tensors.start();
    AdapterMerge merge =
        new AdapterMerge(base, adapter, precision.type, Math.round(maxShardGigabytes * GIGABYTE));
    int total = ModelFamilies.read(base.resolve("config.json")).layout().slots().size();
    AdapterMerge.Counts counts;
    try (Progress progress = new Progress("  merging", total, "tensors", 1)) {
      counts = merge.write(out, (name, written) -> progress.update(written, ""));
    }
    String sha256 = LoadedModel.storedSha256(out);
    System.out.printf(
        "%s: %d of %d tensors of %s changed by %s%n",
        out, counts.changed(), counts.parameters(), base, adapter);
    if (json.wanted()) {
      System.out.println(
          new JsonLine()
              .put("checkpoint", out.toString())
              .put("tensors", counts.parameters())
              .put("changed", counts.changed())
              .put("weights_sha256", sha256));
    } else {
      System.out.println("weights sha256: " + sha256);
    }
    return 0;
  }

  private Path base() throws IOException {
    if (!AdapterConfig.isIn(adapter)) {
      throw new UserError(
          adapter + " holds no " + AdapterConfig.FILE_NAME + ": name an adapter's folder");
    }
    Path named = model;
    if (named != null && AdapterConfig.isIn(named)) {
      throw new UserError(named + " is an adapter itself: give --model a whole model's folder");
    }
    return named == null ? AdapterBase.modelOf(adapter) : named;
  }
}
