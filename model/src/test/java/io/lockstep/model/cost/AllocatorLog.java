package io.lockstep.model.cost;

import ai.djl.pytorch.jni.LibUtils;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What libtorch's allocator of host memory hands out while something is computed: sizes of tensors,
 * whatever the C library makes of them. Libtorch tells each allocation on the standard error output
 * if {@code FLAGS_caffe2_report_cpu_memory_usage} says so (c10/core/CPUAllocator.cpp); that output
 * goes to a file meanwhile. Linux alone.
 */
final class AllocatorLog {

  private static final Pattern LINE =
      Pattern.compile("C10 (alloc|deleted) (\\d+) bytes, total alloc \\d+ bytes");

  private static final int STANDARD_ERROR = 2;

  private static final SymbolLookup C10 =
      SymbolLookup.libraryLookup(
          Path.of(LibUtils.getLibtorchPath()).resolve(System.mapLibraryName("c10")),
          Arena.global());

  private static final MethodHandle DUP = function("dup", ValueLayout.JAVA_INT);

  private static final MethodHandle DUP2 =
      function("dup2", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  private static final MethodHandle CLOSE = function("close", ValueLayout.JAVA_INT);

  private static final MethodHandle CREATE =
      function("creat", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);

  private static final int OWNER = 0600;

  private AllocatorLog() {}

  /**
   * The most bytes that are there at once while something runs, beside what was there before.
   * Nothing else may be computed meanwhile.
   */
  static long mostDuring(Path folder, Runnable work) throws IOException {
    Path file = Files.createTempFile(folder, "allocations", ".log");
    MemorySegment reports = flag("FLAGS_caffe2_report_cpu_memory_usage", 1);
    MemorySegment level = flag("FLAGS_caffe2_log_level", Integer.BYTES);
    int levelBefore = level.get(ValueLayout.JAVA_INT, 0);
    System.err.flush();
    int terminal = duplicate(STANDARD_ERROR);
    try {
      int log = create(file);
      replace(STANDARD_ERROR, log);
      close(log);
      level.set(ValueLayout.JAVA_INT, 0, 0);
      reports.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
      work.run();
    } finally {
      reports.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
      level.set(ValueLayout.JAVA_INT, 0, levelBefore);
      replace(STANDARD_ERROR, terminal);
      close(terminal);
    }
    long now = 0;
    long most = 0;
    for (String line : Files.readAllLines(file)) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.find()) {
        long bytes = Long.parseLong(matcher.group(2));
        now += matcher.group(1).equals("alloc") ? bytes : -bytes;
        most = Math.max(most, now);
      }
    }
    return most;
  }

  private static MemorySegment flag(String name, long bytes) {
    return C10.find(name).orElseThrow().reinterpret(bytes);
  }

  private static int duplicate(int descriptor) {
    try {
      return (int) DUP.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void replace(int descriptor, int by) {
    try {
      var _ = (int) DUP2.invokeExact(by, descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static void close(int descriptor) {
    try {
      var _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static int create(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) CREATE.invokeExact(arena.allocateFrom(file.toString()), OWNER);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(String name, ValueLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find(name).orElseThrow(),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }
}
