package io.lockstep.tensor;

import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What is asked of the NVIDIA driver. Every function throws {@link DeviceException} if it answers
 * an error.
 */
interface CudaDriver {

  /** Number of devices that the process sees. */
  int devices();

  /** The newest CUDA that the driver serves, such as 12.8. */
  String version();

  /** What a device is. */
  Description describe(int device);

  /** What threads need to reach a device. */
  Context context(int device);

  /**
   * What a device is.
   *
   * @param name the vendor's name for it
   * @param capability its compute capability, such as 9.0
   * @param bytes its memory
   */
  record Description(String name, String capability, long bytes) {}

  /** The context that CUDA's runtime, libtorch and NCCL share on a device. */
  interface Context {

    /** Makes it the calling thread's. */
    void enter();

    /** How much of the device's memory is free. */
    long freeBytes();

    /**
     * Its memory apart from addresses, if driver and device can do that.
     *
     * @param stream the stream on which the calling thread computes
     */
    Optional<VirtualMemory> virtualMemory(LongSupplier stream);
  }
}
