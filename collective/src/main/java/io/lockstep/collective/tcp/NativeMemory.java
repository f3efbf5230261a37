package io.lockstep.collective.tcp;

import java.lang.foreign.MemorySegment;

/** Access to a caller's native memory from network threads. */
final class NativeMemory {

  private NativeMemory() {}

  /**
   * The same bytes without the arena's owner and lifetime checks. An exchange does not return
   * before the network threads have let go of the memory, which is what those checks would guard.
   */
  static MemorySegment unscoped(MemorySegment memory) {
    return MemorySegment.ofAddress(memory.address()).reinterpret(memory.byteSize());
  }
}
