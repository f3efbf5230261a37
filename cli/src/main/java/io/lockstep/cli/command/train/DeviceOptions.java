package io.lockstep.cli.command.train;

import io.lockstep.cli.command.Numbers;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.plan.DevicePlan;
import io.lockstep.cli.plan.MemorySize;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Whether what is planned has to fit into a device's memory. */
final class DeviceOptions {

  private static final int PERCENT = 100;

  @Option(
      names = "--device-memory",
      converter = Size.class,
      paramLabel = "SIZE",
      description =
          "Say whether it fits on devices of this memory (80GiB, 80GB, 81920MiB), one for each worker,"
              + " and what to change if it doesn't; without a recipe or a model, of all published"
              + " shapes.")
  private @Nullable Long deviceMemory;

  @Option(
      names = "--allowance",
      converter = Numbers.Amount.class,
      paramLabel = "PERCENT",
      defaultValue = "10",
      description =
          "Share of that memory that is kept free for what can't be counted: the CUDA context,"
              + " workspaces of libraries, NCCL's own buffers, fragmentation (default:"
              + " ${DEFAULT-VALUE}).")
  private int allowance;

  @Option(
      names = "--tuner",
      paramLabel = "full|lora",
      description =
          "What is trained of a model that no recipe names: all of it (the default), or an adapter"
              + " of rank 8 on the linear layers of its language model.")
  private @Nullable Tuner tuner;

  /** What is trained. */
  enum Tuner {
    FULL,
    LORA
  }

  /** Sizes of memory. */
  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return MemorySize.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  /** The plan for devices, if one is wanted. */
  Optional<DevicePlan> plan() {
    Numbers.require("--allowance", allowance, 0, PERCENT - 1);
    return Optional.ofNullable(deviceMemory)
        .map(device -> new DevicePlan(device, Math.round((double) device / PERCENT * allowance)));
  }

  /** What is trained of a model that no recipe names. */
  Tuner tuner() {
    return tuner == null ? Tuner.FULL : tuner;
  }

  /** Refuses to say what is trained where a recipe says it. */
  void requireNoTuner() {
    if (tuner != null) {
      throw new UsageError(
          "--tuner %s is for a model alone: a recipe says what is trained in tuner.train_type"
              .formatted(tuner.name().toLowerCase(Locale.ROOT)));
    }
  }
}
