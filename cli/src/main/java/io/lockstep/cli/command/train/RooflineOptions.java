package io.lockstep.cli.command.train;

import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.command.TensorOptions;
import io.lockstep.cli.plan.RooflineRun;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether operations are planned instead of memory, and what this machine does with them. */
final class RooflineOptions {

  private static final int ROWS = 4;
  private static final int LENGTH = 384;
  private static final int MOST_PIXELS = 1 << 14;

  @Option(
      names = "--roofline",
      description =
          "Say what a step and a token have to compute and to move, how long that takes this machine at"
              + " least, and what it takes, by group of operators; of the bench model if no other is"
              + " named. See docs/performance.md.")
  private boolean wanted;

  @Option(
      names = "--image",
      paramLabel = "PIXELS",
      defaultValue = "256",
      description =
          "With --roofline: side of the picture that each row begins with; 0 for none (default:"
              + " ${DEFAULT-VALUE}).")
  private int side;

  @Mixin private TensorOptions tensors = new TensorOptions();

  boolean wanted() {
    return wanted;
  }

  /** Starts libtorch. */
  void start() {
    tensors.start();
  }

  /** What is computed at once: what is given, or as in {@code bench train}. */
  RooflineRun.Size size(MicroBatchOptions given) {
    Numbers.require("--image", side, 0, MOST_PIXELS);
    return given.roofline(ROWS, LENGTH, side);
  }
}
