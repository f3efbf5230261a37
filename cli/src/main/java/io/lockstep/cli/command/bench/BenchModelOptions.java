package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.BenchModel;
import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.console.Installation;
import io.lockstep.cli.console.UsageError;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the benchmarks of models have in common. */
final class BenchModelOptions {

  private static final int MOST_PIXELS = 1 << 14;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "A checkpoint; or a config.json with a tokenizer, which gets random weights (default: the bench model, Qwen3-VL"
              + " with 41 million parameters).")
  private @Nullable Path model;

  @Option(
      names = "--batch",
      converter = Numbers.Count.class,
      paramLabel = "N",
      description = "Rows (default: ${DEFAULT-VALUE}).",
      defaultValue = "4")
  private int batch;

  @Option(
      names = "--image",
      paramLabel = "PIXELS",
      defaultValue = "256",
      description =
          "Side of the picture that each row begins with; 0 for none (default: ${DEFAULT-VALUE}).")
  private int image;

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Option(names = "--json", description = "Print the results as JSON.")
  private boolean json;

  /** What is done with the model's folder. */
  interface Use {
    void accept(Path folder) throws Exception;
  }

  /** Starts libtorch and finds or makes the model's folder. */
  void with(Use use) throws Exception {
    Numbers.require("--image", image, 0, MOST_PIXELS);
    Path given = model;
    if (given != null) {
      Installation.requireShape(given);
      tensors.start();
      use.accept(given);
      return;
    }
    try (ScratchFolder folder = ScratchFolder.create()) {
      tensors.start();
      BenchModel.write(Installation.baseModel(), folder.path());
      use.accept(folder.path());
    }
  }

  /**
   * Rows of drawn tokens, each with its picture.
   *
   * @param learns whether half of each row is supervised
   * @throws UsageError if the picture doesn't fit
   */
  List<Sample> samples(LoadedModel opened, int length, boolean learns) {
    try {
      return BenchModel.samples(opened, batch, length, image, learns);
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()));
    }
  }

  int batch() {
    return batch;
  }

  boolean json() {
    return json;
  }
}
