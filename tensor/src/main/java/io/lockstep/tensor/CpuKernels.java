package io.lockstep.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Kernels on host memory: loops in a form that the compiler turns into vector instructions. */
final class CpuKernels implements Kernels {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Bits of a float32 that bfloat16 leaves out. */
  private static final int DROPPED_BITS = 16;

  /** What the checksum is given at once: more than a ByteBuffer can hold is cut. */
  private static final long CHECKSUM_CHUNK = 1L << 30;

  @Override
  public void add(Buffer into, Buffer from) {
    MemorySegment sum = floats(into);
    MemorySegment addend = floats(from);
    requireEqual(into.elements(), from.elements());
    long floats = into.elements();
    for (long i = 0; i < floats; i++) {
      long at = i * Float.BYTES;
      sum.set(FLOAT, at, sum.get(FLOAT, at) + addend.get(FLOAT, at));
    }
  }

  @Override
  public void adamW(
      Buffer param, Buffer grad, Buffer m, Buffer v, AdamW.Hyper hyper, float gradScale) {
    AdamW.step(floats(param), floats(grad), floats(m), floats(v), hyper, gradScale);
  }

  @Override
  public double squareSum(Buffer values) {
    MemorySegment floats = floats(values);
    long count = values.elements();
    double[] sums = new double[Math.toIntExact(SquareTree.pieces(count))];
    float[] read = new float[SquareTree.PIECE];
    double[] piece = new double[SquareTree.PIECE];
    for (int i = 0; i < sums.length; i++) {
      long from = (long) i * SquareTree.PIECE;
      int length = (int) Math.min(SquareTree.PIECE, count - from);
      MemorySegment.copy(floats, FLOAT, from * Float.BYTES, read, 0, length);
      for (int j = 0; j < length; j++) {
        double value = read[j];
        piece[j] = value * value;
      }
      sums[i] = SquareTree.ofPiece(piece, length);
    }
    return SquareTree.ofSums(sums);
  }

  @Override
  public int checksum(Buffer values) {
    MemorySegment bytes = values.hostBytes();
    CRC32C checksum = new CRC32C();
    for (long at = 0; at < bytes.byteSize(); at += CHECKSUM_CHUNK) {
      long length = Math.min(CHECKSUM_CHUNK, bytes.byteSize() - at);
      checksum.update(bytes.asSlice(at, length).asByteBuffer());
    }
    return (int) checksum.getValue();
  }

  @Override
  public void cast(Buffer from, Buffer into) {
    requireEqual(into.elements(), from.elements());
    if (into.dtype() == from.dtype()) {
      into.hostBytes().copyFrom(from.hostBytes());
    } else if (into.dtype() == Dtype.FLOAT32) {
      widen(from, into.hostBytes());
    } else {
      narrow(floats(from), into);
    }
  }

  private static void widen(Buffer from, MemorySegment to) {
    MemorySegment stored = from.hostBytes();
    long count = from.elements();
    switch (from.dtype()) {
      case FLOAT16 -> {
        for (long i = 0; i < count; i++) {
          to.set(FLOAT, i * Float.BYTES, Float.float16ToFloat(stored.get(SHORT, i * Short.BYTES)));
        }
      }
      case BFLOAT16 -> {
        for (long i = 0; i < count; i++) {
          to.set(
              FLOAT,
              i * Float.BYTES,
              Float.intBitsToFloat(stored.get(SHORT, i * Short.BYTES) << DROPPED_BITS));
        }
      }
      default -> throw unsupported(from.dtype(), Dtype.FLOAT32);
    }
  }

  private static void narrow(MemorySegment from, Buffer into) {
    MemorySegment to = into.hostBytes();
    long count = into.elements();
    switch (into.dtype()) {
      case FLOAT16 -> {
        for (long i = 0; i < count; i++) {
          to.set(SHORT, i * Short.BYTES, Float.floatToFloat16(from.get(FLOAT, i * Float.BYTES)));
        }
      }
      case BFLOAT16 -> {
        for (long i = 0; i < count; i++) {
          to.set(SHORT, i * Short.BYTES, bfloat16(from.get(FLOAT, i * Float.BYTES)));
        }
      }
      default -> throw unsupported(Dtype.FLOAT32, into.dtype());
    }
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> DROPPED_BITS);
    }
    int half = (1 << (DROPPED_BITS - 1)) - 1;
    int odd = (bits >>> DROPPED_BITS) & 1;
    return (short) ((bits + half + odd) >>> DROPPED_BITS);
  }

  /** A slice of exactly the loop's length lets the compiler drop the bounds checks. */
  private static MemorySegment floats(Buffer buffer) {
    if (buffer.dtype() != Dtype.FLOAT32) {
      throw new IllegalArgumentException("%s is to be float32".formatted(buffer));
    }
    return buffer.hostBytes().asSlice(0, buffer.bytes());
  }

  private static void requireEqual(long into, long from) {
    if (into != from) {
      throw new IllegalArgumentException(
          "buffers of %d and %d elements are not equally long".formatted(into, from));
    }
  }

  private static IllegalArgumentException unsupported(Dtype from, Dtype into) {
    return new IllegalArgumentException("%s is not converted to %s".formatted(from, into));
  }
}
