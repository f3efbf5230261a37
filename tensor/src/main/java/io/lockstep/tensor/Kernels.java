package io.lockstep.tensor;

/**
 * What is computed on flat memory outside of libtorch's graphs, on one device. Every implementation
 * gives the same bits: plain IEEE 754 arithmetic, element by element or in the order that is said.
 *
 * <p>All buffers of a call lie on the device; buffers that are read together are equally long.
 * Otherwise an IllegalArgumentException says what does not fit.
 */
public interface Kernels {

  /** Sets {@code into[i] = into[i] + from[i]}, float32, rounded to nearest even. */
  void add(Buffer into, Buffer from);

  /** One step of AdamW; see {@link AdamW#step}. */
  void adamW(Buffer param, Buffer grad, Buffer m, Buffer v, AdamW.Hyper hyper, float gradScale);

  /**
   * The sum of the squares of float32 values, in double precision and along one tree: of 4096
   * values side by side (zeros behind the last ones) value i is added to value i + 2048, then i to
   * i + 1024 and so on; the sums of these pieces are added the same way, until one is left.
   */
  double squareSum(Buffer values);

  /** CRC-32C (Castagnoli) of the bytes. */
  int checksum(Buffer values);

  /**
   * Converts between float32 and the types that weights are stored in: float32, float16, bfloat16.
   * One side is float32. Widening is exact; narrowing rounds to the nearest value, to the even one
   * of two that are equally near, and what is too large becomes infinite.
   */
  void cast(Buffer from, Buffer into);
}
