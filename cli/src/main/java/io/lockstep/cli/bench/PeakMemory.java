package io.lockstep.cli.bench;

import io.lockstep.tensor.DeviceName;
import io.lockstep.tensor.Devices;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** The most memory of a device that all processes together have taken; nothing of a CPU's. */
final class PeakMemory implements AutoCloseable {

  private static final long EVERY_MILLIS = 100;
  private static final double GIBIBYTE = 1L << 30;

  private final LongSupplier free;
  private final long before;
  private final AtomicLong least;
  private final Thread thread;

  private PeakMemory(LongSupplier free) {
    this.free = free;
    before = free.getAsLong();
    least = new AtomicLong(before);
    thread = Thread.ofPlatform().daemon().name("peak-memory").start(this::look);
  }

  /** Watches from now on. */
  static PeakMemory watch(DeviceName device) {
    return new PeakMemory(device.cuda() ? Devices.freeCudaBytes(device.ordinal()) : () -> 0);
  }

  private void look() {
    try {
      while (true) {
        least.accumulateAndGet(free.getAsLong(), Math::min);
        Thread.sleep(EVERY_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What was taken at most, besides what was before. */
  double gibibytes() {
    return (before - least.get()) / GIBIBYTE;
  }

  @Override
  public void close() throws InterruptedException {
    thread.interrupt();
    thread.join();
  }
}
