package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slices of a tensor along one of its dimensions, without that dimension and sharing its
 * memory.
 *
 * <p>While recording, all of them are one operator, whose gradient puts theirs together once; a
 * slice that nothing reads has a gradient of zeros. Slices cut out one by one would each give a
 * gradient of the whole tensor's size. Otherwise a slice is made when it is asked for.
 */
public final class Slices {

  private final NDArray whole;
  private final int dim;
  private final Shape shape;
  private final @Nullable NDList recorded;

  private Slices(NDArray whole, int dim, Shape shape, @Nullable NDList recorded) {
    this.whole = whole;
    this.dim = dim;
    this.shape = shape;
    this.recorded = recorded;
  }

  /**
   * Slices of a tensor, valid as long as the innermost scope is open.
   *
   * @param dim counted from 0
   */
  public static Slices of(NDArray whole, int dim) {
    long[] sizes = whole.getShape().getShape();
    long[] others = new long[sizes.length - 1];
    System.arraycopy(sizes, 0, others, 0, dim);
    System.arraycopy(sizes, dim + 1, others, dim, others.length - dim);
    NDList recorded = JniUtils.isGradMode() ? JniUtils.split(Autograd.torch(whole), 1, dim) : null;
    return new Slices(whole, dim, new Shape(others), recorded);
  }

  /**
   * A tensor cut along its first dimension into parts of these lengths, sharing its memory; while
   * recording, by one operator, whose gradient puts theirs together once.
   *
   * @param lengths at least one, which add up to the tensor's length
   */
  public static List<NDArray> parts(NDArray whole, long... lengths) {
    return List.copyOf(JniUtils.split(Autograd.torch(whole), lengths, 0));
  }

  /** One slice. */
  public NDArray get(int index) {
    NDArray slice = recorded == null ? Ops.narrow(whole, dim, index, 1) : recorded.get(index);
    return slice.reshape(shape);
  }
}
