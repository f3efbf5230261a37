package io.lockstep.cli.train;

import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.console.UserError;
import io.lockstep.tensor.DeviceException;
import io.lockstep.tensor.Devices;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What the workers of a machine compute on.
 *
 * @param cuda whether worker N has CUDA device N, or all compute on the CPU
 * @param workers how many there are
 * @param lines what to tell people of it
 */
public record ClusterDevices(boolean cuda, int workers, List<String> lines) {

  /** What a person may ask for. */
  public enum Asked {
    /** CUDA devices if there are some and libtorch is a build for them, else the CPU. */
    AUTO,
    CPU,
    CUDA;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  public ClusterDevices {
    lines = List.copyOf(lines);
  }

  /**
   * Chooses for this machine.
   *
   * @param workers how many were asked for; on CUDA devices one for each device, otherwise
   * @throws UserError if there is no driver, device or libtorch for it
   * @throws UsageError if there are fewer devices than workers, or nobody says how many workers
   */
  public static ClusterDevices choose(Asked asked, Optional<Integer> workers) {
    return choose(asked, workers, Devices.namesCudaLibtorch(), Devices::visibleCudaDevices);
  }

  /** The same of a machine. */
  static ClusterDevices choose(
      Asked asked,
      Optional<Integer> workers,
      boolean libtorchForCuda,
      Supplier<List<String>> devices) {
    return switch (asked) {
      case CPU -> onCpu(workers, List.of());
      case CUDA -> onCuda(workers, libtorchForCuda, seen(devices));
      case AUTO -> {
        if (!libtorchForCuda) {
          yield onCpu(workers, List.of());
        }
        try {
          List<String> seen = seen(devices);
          yield seen.isEmpty()
              ? onCpu(workers, List.of("device: cpu (the process sees no CUDA device)"))
              : onCuda(workers, true, seen);
        } catch (UserError e) {
          yield onCpu(workers, List.of("device: cpu (%s)".formatted(e.getMessage())));
        }
      }
    };
  }

  private static List<String> seen(Supplier<List<String>> devices) {
    try {
      return devices.get();
    } catch (DeviceException e) {
      throw new UserError(String.valueOf(e.getMessage()));
    }
  }

  private static ClusterDevices onCpu(Optional<Integer> workers, List<String> lines) {
    return new ClusterDevices(
        false,
        workers.orElseThrow(() ->
            new UsageError("--workers N is missing: on the CPU it says how many processes train")),
        lines);
  }

  private static ClusterDevices onCuda(
      Optional<Integer> workers, boolean libtorchForCuda, List<String> seen) {
    if (seen.isEmpty()) {
      throw new UserError(
          "--device cuda: the process sees no CUDA device (CUDA_VISIBLE_DEVICES=%s)"
              .formatted(
                  Optional.ofNullable(System.getenv("CUDA_VISIBLE_DEVICES")).orElse("(not set)")));
    }
    if (!libtorchForCuda) {
      throw new UserError(
          "--device cuda: the libtorch that is shipped computes on CPUs: name one for CUDA by PYTORCH_LIBRARY_PATH=FOLDER PYTORCH_VERSION=2.7.1 PYTORCH_FLAVOR=cu128; see docs/gpu.md");
    }
    int wanted = workers.orElse(seen.size());
    if (wanted > seen.size()) {
      throw new UsageError(
          "--workers %d is more than the %d CUDA devices that the process sees: each worker has one of its own"
              .formatted(wanted, seen.size()));
    }
    return new ClusterDevices(
        true, wanted, seen.subList(0, wanted).stream().map(each -> "device: " + each).toList());
  }
}
