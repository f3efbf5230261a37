package io.lockstep.tensor;

import static io.lockstep.tensor.Operator.number;
import static io.lockstep.tensor.Operator.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * Kernels on any device that libtorch computes on, through its operators.
 *
 * <p>Every operator here makes one rounding per element, so that no compiler can join a
 * multiplication and an addition to one that rounds once. A division is by a tensor of the device:
 * libtorch multiplies by the reciprocal of a number. Roots are taken in float64, which rounded to
 * float32 are the nearest ones; libtorch's of float32 are not, on processors.
 */
final class TorchKernels implements Kernels {

  private static final Operator MUL = Operator.of("mul_", "Tensor");
  private static final Operator SQRT = Operator.of("sqrt_");

  /** Elements worked on at a time: temporaries are a few times as large. */
  private static final long WINDOW = 1L << 24;

  /** What the checksum copies to host memory at once. */
  private static final long CHECKSUM_BYTES = 32L << 20;

  private final Device device;
  private final long window;

  TorchKernels(Device device) {
    this(device, WINDOW);
  }

  /**
   * Kernels.
   *
   * @param window elements worked on at a time, a multiple of {@link SquareTree#PIECE}
   */
  TorchKernels(Device device, long window) {
    this.device = device;
    this.window = window;
  }

  @Override
  public void add(Buffer into, Buffer from) {
    requireFloats(into, from);
    try (Blob sum = Blob.of(into);
        Blob addend = Blob.of(from)) {
      add(sum.array(), addend.array());
    }
  }

  @Override
  public void adamW(
      Buffer param, Buffer grad, Buffer m, Buffer v, AdamW.Hyper hyper, float gradScale) {
    requireFloats(param, grad);
    requireFloats(m, v);
    requireFloats(param, m);
    AdamW.Factors factors = AdamW.Factors.of(hyper, gradScale);
    long count = param.elements();
    long length = Math.min(window, count);
    try (Blob first = Blob.empty(device, Dtype.FLOAT32, length);
        Blob second = Blob.empty(device, Dtype.FLOAT32, length);
        Blob third = Blob.empty(device, Dtype.FLOAT64, length);
        Blob correction = filled(factors.secondCorrection())) {
      for (long start = 0; start < count; start += window) {
        long here = Math.min(window, count - start);
        try (Blob p = Blob.of(param.slice(start, here));
            Blob g = Blob.of(grad.slice(start, here));
            Blob mean = Blob.of(m.slice(start, here));
            Blob square = Blob.of(v.slice(start, here));
            Blob a = first.narrow(0, 0, here);
            Blob b = second.narrow(0, 0, here);
            Blob wide = third.narrow(0, 0, here)) {
          update(
              p.array(),
              g.array(),
              mean.array(),
              square.array(),
              a.array(),
              b.array(),
              wide.array(),
              correction.array(),
              factors);
        }
      }
    }
  }

  /** The operations of {@link AdamW} in its order; a, b and wide (float64) are of p's length. */
  private static void update(
      NDArray p,
      NDArray grad,
      NDArray m,
      NDArray v,
      NDArray a,
      NDArray b,
      NDArray wide,
      NDArray secondCorrection,
      AdamW.Factors factors) {
    NDArray gradient = a;
    Ops.copyInto(gradient, grad);
    times(gradient, factors.gradScale());

    Ops.copyInto(b, gradient);
    JniUtils.subi(Autograd.torch(b), Autograd.torch(m));
    times(b, factors.firstWeight());
    add(m, b);

    Ops.copyInto(b, gradient);
    times(b, factors.secondWeight());
    MUL.applyInPlace(tensor(b), tensor(gradient));
    times(v, factors.beta2());
    add(v, b);

    NDArray denominator = b;
    Ops.copyInto(wide, v);
    SQRT.applyInPlace(tensor(wide));
    Ops.copyInto(denominator, wide);
    JniUtils.divi(Autograd.torch(denominator), Autograd.torch(secondCorrection));
    plus(denominator, factors.eps());

    NDArray change = a;
    Ops.copyInto(change, m);
    times(change, factors.stepSize());
    JniUtils.divi(Autograd.torch(change), Autograd.torch(denominator));
    times(p, factors.keep());
    add(p, change);
  }

  private static void add(NDArray into, NDArray addend) {
    JniUtils.addi(Autograd.torch(into), Autograd.torch(addend));
  }

  private static void times(NDArray x, float factor) {
    MUL.applyInPlace(tensor(x), number(factor));
  }

  private static void plus(NDArray x, float summand) {
    try (Blob number = Blob.owning(Native.scalar(summand))) {
      add(x, number.array());
    }
  }

  /** One element with this value, without waiting for the device. */
  private Blob filled(float value) {
    Blob one = Blob.empty(device, Dtype.FLOAT32, 1);
    Native.zero(Native.handle(one.array()));
    plus(one.array(), value);
    return one;
  }

  @Override
  public double squareSum(Buffer values) {
    requireFloats(values, values);
    long count = values.elements();
    double[] sums = new double[Math.toIntExact(SquareTree.pieces(count))];
    long pieces = SquareTree.pieces(Math.min(window, count));
    try (Arena arena = Arena.ofConfined();
        Blob squares = Blob.empty(device, Dtype.FLOAT64, pieces, SquareTree.PIECE)) {
      Buffer flat = squares.buffer(device, Dtype.FLOAT64, pieces * SquareTree.PIECE);
      Buffer sum = Buffer.onHost(arena, Dtype.FLOAT64, pieces);
      for (long start = 0; start < count; start += window) {
        long here = Math.min(window, count - start);
        squares(values.slice(start, here), flat);
        int rows = Math.toIntExact(SquareTree.pieces(here));
        sumRows(squares, rows, sum);
        double[] read = sum.slice(0, rows).hostBytes().toArray(ValueLayout.JAVA_DOUBLE);
        System.arraycopy(read, 0, sums, Math.toIntExact(start / SquareTree.PIECE), read.length);
      }
    }
    return SquareTree.ofSums(sums);
  }

  /** Squares of float32 values, exact in float64; zeros up to the end of the last piece. */
  private static void squares(Buffer values, Buffer into) {
    long count = values.elements();
    long whole = SquareTree.pieces(count) * SquareTree.PIECE;
    if (whole > count) {
      into.slice(count, whole - count).zero();
    }
    try (Blob from = Blob.of(values);
        Blob squares = Blob.of(into.slice(0, count))) {
      Ops.copyInto(squares.array(), from.array());
      MUL.applyInPlace(tensor(squares.array()), tensor(squares.array()));
    }
  }

  private void sumRows(Blob squares, int rows, Buffer into) {
    try (Blob used = squares.narrow(0, 0, rows)) {
      for (int half = SquareTree.PIECE / 2; half >= 1; half /= 2) {
        try (Blob left = used.narrow(1, 0, half);
            Blob right = used.narrow(1, half, half)) {
          add(left.array(), right.array());
        }
      }
      try (Blob sums = used.narrow(1, 0, 1);
          Blob packed = Blob.empty(device, Dtype.FLOAT64, rows, 1)) {
        Ops.copyInto(packed.array(), sums.array());
        var _ = into.slice(0, rows).copyFrom(packed.buffer(device, Dtype.FLOAT64, rows));
      }
    }
  }

  @Override
  public int checksum(Buffer values) {
    requireHere(values);
    Buffer bytes = values.asBytes();
    CRC32C checksum = new CRC32C();
    long piece = Math.min(CHECKSUM_BYTES, bytes.bytes());
    try (Staging staging = device.staging(piece)) {
      for (long at = 0; at < bytes.bytes(); at += piece) {
        long length = Math.min(piece, bytes.bytes() - at);
        Buffer staged = staging.buffer().slice(0, length).copyFrom(bytes.slice(at, length));
        checksum.update(staged.hostBytes().asByteBuffer());
      }
    }
    return (int) checksum.getValue();
  }

  @Override
  public void cast(Buffer from, Buffer into) {
    requireHere(from);
    requireHere(into);
    requireEqual(from, into);
    requireStored(from, into);
    try (Blob source = Blob.of(from);
        Blob target = Blob.of(into)) {
      Ops.copyInto(target.array(), source.array());
    }
  }

  private static void requireStored(Buffer from, Buffer into) {
    boolean fits =
        from.dtype() == into.dtype()
            || (from.dtype() == Dtype.FLOAT32 && isHalf(into.dtype()))
            || (into.dtype() == Dtype.FLOAT32 && isHalf(from.dtype()));
    if (!fits) {
      throw new IllegalArgumentException(
          "%s is not converted to %s".formatted(from.dtype(), into.dtype()));
    }
  }

  private static boolean isHalf(Dtype type) {
    return type == Dtype.FLOAT16 || type == Dtype.BFLOAT16;
  }

  private void requireFloats(Buffer one, Buffer other) {
    for (Buffer buffer : new Buffer[] {one, other}) {
      requireHere(buffer);
      if (buffer.dtype() != Dtype.FLOAT32) {
        throw new IllegalArgumentException("%s is to be float32".formatted(buffer));
      }
    }
    requireEqual(one, other);
  }

  private void requireHere(Buffer buffer) {
    if (!buffer.device().equals(device)) {
      throw new IllegalArgumentException(
          "%s is not on the device that computes with it".formatted(buffer));
    }
  }

  private static void requireEqual(Buffer one, Buffer other) {
    if (one.elements() != other.elements()) {
      throw new IllegalArgumentException(
          "buffers of %d and %d elements are not equally long"
              .formatted(one.elements(), other.elements()));
    }
  }
}
