package io.lockstep.cli.command;

import io.lockstep.cli.console.UserError;
import io.lockstep.tensor.Torch;
import picocli.CommandLine.Option;

/** How a command computes with tensors in its own process. */
final class TensorOptions {

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description = "Threads of the tensor library (default: ${DEFAULT-VALUE}).")
  private int threads;

  /** Starts the tensor library; called before anything is computed. */
  void start() {
    if (threads < 1) {
      throw new UserError("--threads is " + threads + ": give at least 1");
    }
    Torch.start(threads);
  }
}
