package io.lockstep.collective.nccl;

import java.util.function.LongSupplier;

/**
 * NCCL as a process uses it.
 *
 * @param device number of the device that the process's tensors lie on, among those it sees
 * @param currentStream the stream on which the calling thread's work on tensors is queued
 */
public record NcclRuntime(
    NcclLibrary nccl, CudaRuntime cuda, int device, LongSupplier currentStream) {

  /** The version of NCCL in the usual form, such as 2.29.3. */
  public String version() {
    return words(nccl.version());
  }

  /** Since 2.9 NCCL counts ten thousands, thousands before. */
  static String words(int version) {
    return version >= 10_000
        ? "%d.%d.%d".formatted(version / 10_000, version / 100 % 100, version % 100)
        : "%d.%d.%d".formatted(version / 1000, version / 100 % 10, version % 100);
  }
}
