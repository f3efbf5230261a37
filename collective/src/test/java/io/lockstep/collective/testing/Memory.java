package io.lockstep.collective.testing;

import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Messages on a device, with a pattern that depends on the place, so that a shifted or repeated
 * piece shows.
 *
 * @param arena whose memory it is
 * @param device where it lies
 */
public record Memory(Arena arena, Device device) {

  /** No length of a piece divides it. */
  private static final int PERIOD = 65_537;

  private static final Map<Integer, MemorySegment> PATTERNS = new ConcurrentHashMap<>();

  /** In host memory. */
  public static Memory onHost() {
    return new Memory(Arena.ofAuto(), Devices.HOST);
  }

  /** New memory, all zero. */
  public Buffer allocate(long bytes) {
    return on(arena.allocate(Math.max(bytes, 1), Long.BYTES).asSlice(0, bytes));
  }

  private Buffer on(MemorySegment memory) {
    return Buffer.at(memory.address(), Dtype.UINT8, memory.byteSize(), device);
  }

  /** A message of that many bytes. */
  public Transfer transfer(int peer, int slot, long bytes) {
    return new Transfer(peer, slot, allocate(bytes));
  }

  /** A message with the pattern of a seed. */
  public Transfer filled(int peer, int slot, long bytes, int seed) {
    return new Transfer(peer, slot, filled(bytes, seed));
  }

  /** Memory with the pattern of a seed. */
  public Buffer filled(long bytes, int seed) {
    Buffer memory = allocate(bytes);
    MemorySegment pattern = pattern(seed);
    MemorySegment raw = raw(memory);
    for (long at = 0; at < bytes; at += PERIOD) {
      long length = Math.min(PERIOD, bytes - at);
      raw.asSlice(at, length).copyFrom(pattern.asSlice(0, length));
    }
    return memory;
  }

  /** Whether a piece of a message, from an offset on, has the pattern of a seed. */
  public static void requireFilled(Buffer piece, long offset, int seed) {
    MemorySegment pattern = pattern(seed);
    MemorySegment raw = raw(piece);
    for (long at = 0; at < piece.bytes(); ) {
      long from = (offset + at) % PERIOD;
      long length = Math.min(PERIOD - from, piece.bytes() - at);
      long differs = raw.asSlice(at, length).mismatch(pattern.asSlice(from, length));
      if (differs >= 0) {
        throw new AssertionError("the message differs at byte " + (offset + at + differs));
      }
      at += length;
    }
  }

  private static MemorySegment pattern(int seed) {
    return PATTERNS.computeIfAbsent(
        seed,
        _ -> {
          byte[] bytes = new byte[PERIOD];
          new SplittableRandom(seed).nextBytes(bytes);
          return MemorySegment.ofArray(bytes);
        });
  }

  /** What lies on the devices of tests is host memory behind. */
  private static MemorySegment raw(Buffer memory) {
    return MemorySegment.ofAddress(memory.address()).reinterpret(memory.bytes());
  }
}
