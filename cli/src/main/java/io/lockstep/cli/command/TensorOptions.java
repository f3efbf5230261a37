package io.lockstep.cli.command;

import io.lockstep.tensor.Torch;
import picocli.CommandLine.Option;

/** How a command computes with tensors in its own process. */
public final class TensorOptions {

  @Option(
      names = "--threads",
      converter = Numbers.Count.class,
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of a process's tensor operations (default: ${DEFAULT-VALUE}).")
  private int threads;

  public int threads() {
    return threads;
  }

  /** Starts the tensor library; called before anything is computed. */
  public void start() {
    Torch.start(threads);
  }
}
