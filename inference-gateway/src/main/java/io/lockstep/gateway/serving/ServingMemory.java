package io.lockstep.gateway.serving;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * Memory that serving may use, whatever is asked of it.
 *
 * @param arrivingBytes of requests from their first byte to their answer, encoded as they came
 * @param smallBytes heap of the lane of small pictures and texts
 * @param largeBytes heap of the lane of large ones: the largest picture that can be decoded
 * @param passBytes of one batch of the model beside its weights, outside of the heap
 */
public record ServingMemory(long arrivingBytes, long smallBytes, long largeBytes, long passBytes) {

  private static final int SHARE_OF_ARRIVING = 8;
  private static final int SHARE_OF_SMALL = 16;
  private static final int SHARE_OF_LARGE = 3;
  private static final int SHARE_OF_PASS = 4;

  public ServingMemory {
    if (arrivingBytes < 1 || smallBytes < 1 || largeBytes < 1 || passBytes < 1) {
      throw new IllegalArgumentException(
          "memory must be positive: %d bytes arriving, %d and %d prepared, %d in a batch"
              .formatted(arrivingBytes, smallBytes, largeBytes, passBytes));
    }
  }

  /** Shares of this process' heap, and a quarter of the machine's memory for a batch. */
  public static ServingMemory ofMachine() {
    long heap = Runtime.getRuntime().maxMemory();
    long machine =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    return new ServingMemory(
        heap / SHARE_OF_ARRIVING,
        heap / SHARE_OF_SMALL,
        heap / SHARE_OF_LARGE,
        machine / SHARE_OF_PASS);
  }

  /** The same with another bound on a batch. */
  public ServingMemory withPass(long bytes) {
    return new ServingMemory(arrivingBytes, smallBytes, largeBytes, bytes);
  }
}
