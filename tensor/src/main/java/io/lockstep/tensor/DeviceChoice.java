package io.lockstep.tensor;

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
   * Number of devices that this process sees.
   *
   * @throws DeviceException if there is no driver
   */
  int count() {
    return drivers.get().devices();
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
