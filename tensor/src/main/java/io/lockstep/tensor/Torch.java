package io.lockstep.tensor;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.Utils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The libtorch of this process: started once, with a fixed number of threads. */
public final class Torch {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String LOCK_FILE = "unpack.lock";
  private static final String RESIDENT_SET = "VmRSS:";
  private static final long BYTES_PER_KIBIBYTE = 1024;

  /** Names a folder with another libtorch than the one that is shipped. */
  private static final String OTHER = "PYTORCH_LIBRARY_PATH";

  private static int threads;

  private Torch() {}

  /**
   * Loads libtorch and fixes the number of threads that one operator may use; a second call with
   * the same number does nothing.
   *
   * <p>The native files come from the class path and are unpacked into DJL's cache folder ({@code
   * DJL_CACHE_DIR}); nothing is ever downloaded. Operators run one after another (a single inter-op
   * thread).
   *
   * @param count threads per operator, at least 1
   * @throws IllegalArgumentException if count is below 1
   * @throws IllegalStateException if libtorch runs with another number already
   */
  public static synchronized void start(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + count);
    }
    if (threads == count) {
      return;
    }
    if (threads != 0) {
      throw new IllegalStateException(
          "libtorch already runs with "
              + threads
              + " threads; a process cannot change to "
              + count
              + ": start another one");
    }
    loadEngine(count);
    threads = count;
  }

  /**
   * Lets one process at a time unpack the native files: DJL clears a cache folder that it finds
   * half filled.
   */
  private static void loadEngine(int count) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(count));
    Path cache = Utils.getEngineCacheDir("pytorch");
    try {
      Files.createDirectories(cache);
      try (FileChannel file =
              FileChannel.open(
                  cache.resolve(LOCK_FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var _ = file.lock()) {
        Engine.getEngine("PyTorch");
      } catch (EngineException e) {
        throw new TorchException(
            "libtorch can't be loaded%s: %s"
                .formatted(
                    System.getenv(OTHER) == null
                        ? ""
                        : " from %s=%s (PYTORCH_FLAVOR=cpu, or cu128 with a CUDA build, and PYTORCH_VERSION say which bindings it needs; see docs/gpu.md)"
                            .formatted(OTHER, System.getenv(OTHER)),
                    cause(e)),
            e);
      }
      LibtorchMatch.require();
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot unpack libtorch into "
              + cache
              + ": make it writable, or set DJL_CACHE_DIR to a folder that is",
          e);
    }
  }

  private static String cause(Throwable e) {
    Throwable last = e;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    return String.valueOf(last.getMessage());
  }

  /** Whether {@link #start} has been called. */
  public static synchronized boolean isStarted() {
    return threads != 0;
  }

  /** The number of threads an operator may use. */
  public static synchronized int threads() {
    requireStarted();
    return threads;
  }

  /**
   * What decides the bits of a result besides the inputs, for example {@code libtorch 2.7.1
   * AVX512}.
   *
   * <p>The version, and the vector instructions that libtorch dispatches to on this processor (or
   * that ATEN_CPU_CAPABILITY limits it to).
   */
  public static String capability() {
    requireStarted();
    return "libtorch " + LibUtils.getVersion() + " " + Native.cpuCapability();
  }

  /**
   * The stream of a CUDA device on which the calling thread's operators are queued; 0, the default
   * stream, where this libtorch has no devices.
   *
   * @param device its number among those that the process sees
   */
  public static long currentCudaStream(int device) {
    requireStarted();
    return CudaStreams.current(device);
  }

  /** The memory of this process that is resident now, in bytes (Linux: VmRSS). */
  public static long residentBytes() {
    List<String> lines;
    try {
      lines = Files.readAllLines(STATUS);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot read " + STATUS + ", which this needs a Linux system for", e);
    }
    for (String line : lines) {
      if (line.startsWith(RESIDENT_SET)) {
        String kibibytes = line.substring(RESIDENT_SET.length()).replace("kB", "").strip();
        return Long.parseLong(kibibytes) * BYTES_PER_KIBIBYTE;
      }
    }
    throw new IllegalStateException(STATUS + " has no line " + RESIDENT_SET);
  }

  static synchronized void requireStarted() {
    if (threads == 0) {
      throw new IllegalStateException("libtorch is not running: call Torch.start(threads) first");
    }
  }
}
