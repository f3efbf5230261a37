package io.lockstep.tensor;

import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Path;

/**
 * Libtorch's own record of the operators that one thread calls, those of its backward passes
 * included. To be started and stopped by that thread.
 */
public final class TorchProfile implements AutoCloseable {

  private final Path file;
  private final long begin;

  private TorchProfile(Path file, long begin) {
    this.file = file;
    this.begin = begin;
  }

  /**
   * Begins to record.
   *
   * @param file where {@link #close} lets libtorch write it: a JSON array of events with {@code
   *     name}, {@code shape} (of each argument), {@code ts} and {@code dur} in microseconds since
   *     {@link #begin}
   */
  public static TorchProfile start(Path file) {
    Torch.requireStarted();
    long begin = System.nanoTime();
    JniUtils.startProfile(false, true, false);
    return new TorchProfile(file, begin);
  }

  /** When the record begins, as {@link System#nanoTime} counts. */
  public long begin() {
    return begin;
  }

  /** Ends the record and writes it. */
  @Override
  public void close() {
    JniUtils.stopProfile(file.toString());
  }
}
