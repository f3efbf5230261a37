package io.lockstep.model.safetensors;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Name, element type and shape of a stored tensor; row-major, little-endian, no dimension for a
 * scalar.
 */
public record TensorInfo(String name, DType dtype, List<Long> shape) {

  /** Ascending bytes of the UTF-8 name, which is also the order of code points. */
  public static final Comparator<String> NAME_ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  /**
   * Checks the shape.
   *
   * @throws ArithmeticException if the tensor's size in bytes does not fit 63 bits
   */
  public TensorInfo {
    shape = List.copyOf(shape);
    long elements = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException(
            "Tensor " + name + " has the negative dimension " + dimension);
      }
      elements = Math.multiplyExact(elements, dimension);
    }
    Math.multiplyExact(elements, (long) dtype.bytes());
  }

  /** A tensor with these dimensions. */
  public static TensorInfo of(String name, DType dtype, long... shape) {
    return new TensorInfo(name, dtype, Arrays.stream(shape).boxed().toList());
  }

  /** Number of elements; 1 for a scalar. */
  public long elements() {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }

  /** Size of the data in bytes. */
  public long bytes() {
    return elements() * dtype.bytes();
  }

  /** The shape as a fresh array. */
  public long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }
}
