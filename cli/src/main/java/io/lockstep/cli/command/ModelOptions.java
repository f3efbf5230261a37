package io.lockstep.cli.command;

import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The model that a command computes with. */
public final class ModelOptions {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint's folder; an adapter's will do.")
  private Path folder = Path.of("");

  @Mixin private TensorOptions tensors = new TensorOptions();

  /** Its folder. */
  public Path folder() {
    return folder;
  }

  /** Starts libtorch and loads the model. */
  public LoadedModel open() throws IOException {
    tensors.start();
    return LoadedModel.open(folder);
  }

  /** The same with everything that can be trained of the model in float32. */
  public LoadedModel openTrainable() throws IOException {
    tensors.start();
    return LoadedModel.openTrainable(folder);
  }
}
