package io.lockstep.worker.step;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Kernels;
import io.lockstep.worker.protocol.Session.BucketFigures;

/** Square sum and checksum of a bucket of float32 values. */
final class BucketDigest {

  private BucketDigest() {}

  static BucketFigures of(int bucket, Buffer values) {
    Kernels kernels = values.device().kernels();
    return new BucketFigures(bucket, kernels.squareSum(values), kernels.checksum(values));
  }
}
