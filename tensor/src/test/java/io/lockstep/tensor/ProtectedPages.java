package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The driver's rules for {@link VirtualMemory} on pages of host memory: what has no granule, or may
 * not be accessed yet, ends the process that touches it; a granule that is placed holds garbage.
 */
final class ProtectedPages implements VirtualMemory {

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MMAP =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("mmap"),
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("munmap"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("mprotect"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private static final int NOBODY = 0;
  private static final int READ_AND_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int GARBAGE = 0xA5;
  private static final long GRANULE_BYTES = 1 << 12;

  private final Set<Long> lying = new HashSet<>();
  private final Map<Long, Long> placed = new HashMap<>();
  private long made;

  /** Bytes of granules that exist. */
  synchronized long createdBytes() {
    return (lying.size() + placed.size()) * GRANULE_BYTES;
  }

  private static void require(boolean rule, String broken) {
    if (!rule) {
      throw new IllegalStateException(broken);
    }
  }

  @Override
  public long granuleBytes() {
    return GRANULE_BYTES;
  }

  @Override
  public long reserve(long bytes) {
    require(bytes > 0 && bytes % GRANULE_BYTES == 0, "a reservation of part of a granule");
    try {
      MemorySegment made =
          (MemorySegment)
              MMAP.invokeExact(MemorySegment.NULL, bytes, NOBODY, PRIVATE_ANONYMOUS, -1, 0L);
      require(made.address() != -1, "mmap failed");
      return made.address();
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized void unreserve(long address, long bytes) {
    require(
        placed.keySet().stream().noneMatch(at -> at >= address && at < address + bytes),
        "addresses are given back that have memory");
    try {
      int failed = (int) MUNMAP.invokeExact(MemorySegment.ofAddress(address), bytes);
      require(failed == 0, "munmap failed");
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized long create() {
    lying.add(++made);
    return made;
  }

  @Override
  public synchronized void release(long granule) {
    require(lying.remove(granule), "a granule is given back that does not lie free");
  }

  @Override
  public synchronized void map(long address, long granule) {
    require(lying.remove(granule), "a granule is placed that does not lie free");
    require(placed.putIfAbsent(address, granule) == null, "a place has a granule already");
  }

  @Override
  public synchronized void allow(long address, long bytes) {
    for (long at = address; at < address + bytes; at += GRANULE_BYTES) {
      require(placed.containsKey(at), "access to a place without a granule");
    }
    protect(address, bytes, READ_AND_WRITE);
    MemorySegment.ofAddress(address).reinterpret(bytes).fill((byte) GARBAGE);
  }

  @Override
  public synchronized void unmap(long address) {
    Long granule = placed.remove(address);
    if (granule == null) {
      throw new IllegalStateException("a place has no granule that could be taken away");
    }
    lying.add(granule);
    protect(address, GRANULE_BYTES, NOBODY);
  }

  private static void protect(long address, long bytes, int access) {
    try {
      int failed = (int) MPROTECT.invokeExact(MemorySegment.ofAddress(address), bytes, access);
      require(failed == 0, "mprotect failed");
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void settle() {}
}
