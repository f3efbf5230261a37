package io.lockstep.worker.step;

import io.lockstep.worker.protocol.Session.BucketFigures;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/** Square sum and checksum of a bucket of float32 values. */
final class BucketDigest {

  private BucketDigest() {}

  /**
   * The square sum is added in double precision, in the order of four interleaved lanes that are
   * added last.
   */
  static BucketFigures of(int bucket, MemorySegment values) {
    CRC32C checksum = new CRC32C();
    checksum.update(values.asByteBuffer());
    return new BucketFigures(bucket, squareSum(values), (int) checksum.getValue());
  }

  private static double squareSum(MemorySegment values) {
    long count = values.byteSize() / Float.BYTES;
    double lane0 = 0;
    double lane1 = 0;
    double lane2 = 0;
    double lane3 = 0;
    long i = 0;
    for (; i + 4 <= count; i += 4) {
      lane0 += square(values, i);
      lane1 += square(values, i + 1);
      lane2 += square(values, i + 2);
      lane3 += square(values, i + 3);
    }
    for (; i < count; i++) {
      lane0 += square(values, i);
    }
    return (lane0 + lane1) + (lane2 + lane3);
  }

  private static double square(MemorySegment values, long index) {
    double value = values.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    return value * value;
  }
}
