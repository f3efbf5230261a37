package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;

/** The pages of this process's private memory, as Linux keeps them. */
final class Pages {

  /** {@code MADV_DONTNEED} of Linux: private anonymous pages are freed, and zero when next read. */
  private static final int DONT_NEED = 4;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle MADVISE =
      bind(
          "madvise",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT),
          Linker.Option.captureCallState("errno"));
  private static final long PAGE_BYTES = pageBytes();

  private Pages() {}

  private static MethodHandle bind(
      String function, FunctionDescriptor type, Linker.Option... options) {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      throw new UnsupportedOperationException(
          "giving pages of tensors back to the operating system needs Linux, this is "
              + System.getProperty("os.name"));
    }
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), type, options);
  }

  private static long pageBytes() {
    try {
      return (int) bind("getpagesize", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("asking for the size of a page failed", e);
    }
  }

  /** Frees the whole pages between two addresses; returns how many bytes they have. */
  static long discard(long start, long end) {
    long first = Math.ceilDiv(start, PAGE_BYTES) * PAGE_BYTES;
    long last = end / PAGE_BYTES * PAGE_BYTES;
    if (first >= last) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int) MADVISE.invokeExact(state, MemorySegment.ofAddress(first), last - first, DONT_NEED);
      if (result != 0) {
        throw new IllegalStateException(
            "madvise of %d bytes failed with errno %d: is the memory locked or a file?"
                .formatted(last - first, (int) ERRNO.get(state, 0L)));
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("calling madvise failed", e);
    }
    return last - first;
  }
}
