package io.lockstep.cli.command.bench;

import io.lockstep.benchmark.BenchModel;
import io.lockstep.cli.bench.ScratchFolder;
import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the benchmarks of models have in common. */
final class BenchModelOptions {

  private static final String HOME_PROPERTY = "lockstep.home";

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
    tensors.start();
    Path given = model;
    if (given != null) {
      use.accept(given);
      return;
    }
    try (ScratchFolder folder = ScratchFolder.create()) {
      write(folder.path());
      use.accept(folder.path());
    }
  }

  private static void write(Path folder) throws IOException {
    BenchModel.write(Path.of(System.getProperty(HOME_PROPERTY, "")).resolve("base-model"), folder);
  }

  int batch() {
    return batch;
  }

  int image() {
    return image;
  }

  boolean json() {
    return json;
  }
}
