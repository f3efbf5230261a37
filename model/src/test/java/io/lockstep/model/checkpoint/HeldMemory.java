package io.lockstep.model.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;

/** Memory that this process holds and cannot give back. */
final class HeldMemory {

  /** glibc's {@code struct mallinfo2}: ten numbers of bytes or blocks. */
  private static final MemoryLayout STATISTICS =
      MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG);

  private static final long IN_MAPPED_BLOCKS = 4;
  private static final long IN_OTHER_BLOCKS = 7;

  private static final MethodHandle MALLINFO2 =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("mallinfo2"),
              FunctionDescriptor.of(MemoryLayout.structLayout(STATISTICS)));

  private HeldMemory() {}

  /** Native memory that is allocated now, and what the Java heap holds after a collection. */
  static long bytes() {
    System.gc();
    return nativeBytes() + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long nativeBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment statistics = (MemorySegment) MALLINFO2.invokeExact((SegmentAllocator) arena);
      return statistics.getAtIndex(ValueLayout.JAVA_LONG, IN_MAPPED_BLOCKS)
          + statistics.getAtIndex(ValueLayout.JAVA_LONG, IN_OTHER_BLOCKS);
    } catch (Throwable e) {
      throw new IllegalStateException("mallinfo2 failed", e);
    }
  }
}
