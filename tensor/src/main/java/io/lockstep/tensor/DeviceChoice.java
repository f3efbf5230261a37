package io.lockstep.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Makes a CUDA device the one that tensors lie on. */
final class DeviceChoice {

  private final Supplier<CudaDriver> drivers;

  /**
   * A choice.
   *
   * @param drivers loads the driver, or throws {@link DeviceException}
   */
  DeviceChoice(Supplier<CudaDriver> drivers) {
    this.drivers = drivers;
  }

  /**
   * A device that can be used.
   *
   * @param device the device
   * @param versions what decides the bits of its results, by name
   */
  record Chosen(Device device, SortedMap<String, String> versions) {}

  /**
   * The devices that this process sees, for people.
   *
   * @throws DeviceException if there is no driver
   */
  List<String> described() {
    CudaDriver driver = drivers.get();
    List<String> described = new ArrayList<>();
    int count = driver.devices();
    for (int i = 0; i < count; i++) {
      CudaDriver.Description each = driver.describe(i);
      described.add(
          String.format(
              Locale.ROOT,
              "cuda:%d %s, %.1f GiB, compute capability %s, driver for CUDA %s",
              i,
              each.name(),
              each.bytes() / (double) (1L << 30),
              each.capability(),
              driver.version()));
    }
    return described;
  }

  /**
   * Checks driver and device, then libtorch.
   *
   * @throws DeviceException if one of them is missing
   */
  Chosen choose(int ordinal) {
    CudaDriver driver = drivers.get();
    int count = driver.devices();
    if (ordinal >= count) {
      throw new DeviceException(
          "no device cuda:%d: the process sees %s (CUDA_VISIBLE_DEVICES=%s)"
              .formatted(
                  ordinal,
                  count == 0
                      ? "none"
                      : count == 1 ? "cuda:0 alone" : "cuda:0 to cuda:" + (count - 1),
                  Optional.ofNullable(System.getenv("CUDA_VISIBLE_DEVICES")).orElse("(not set)")));
    }
    CudaLibtorch.require();
    CudaLibtorch.fixWorkspace();
    TorchContext.requireSameBits();
    TorchContext.allowTf32(false);
    return new Chosen(
        new CudaDevice(ordinal, driver.context(ordinal)),
        versions(driver, ordinal, Native.buildSettings()));
  }

  /** The same of a device. */
  static SortedMap<String, String> versions(CudaDriver driver, int ordinal, String settings) {
    CudaDriver.Description description = driver.describe(ordinal);
    SortedMap<String, String> versions = new TreeMap<>();
    versions.put("device", description.name());
    versions.put("compute_capability", description.capability());
    versions.put("cuda_driver", driver.version());
    versions.put("cuda_runtime", CudaLibtorch.runtime(settings));
    versions.put("cudnn", CudaLibtorch.cudnn(settings));
    return versions;
  }
}
