package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reverse-mode differentiation: what is computed while recording can be walked backwards.
 *
 * <p>Recording is a property of the thread, and off unless inside {@link #recording}. Backward
 * frees the graph it has walked.
 */
public final class Autograd {

  private static final Operator ONES_LIKE = Operator.of("ones_like");

  private static final ThreadLocal<Boolean> RECORDING_OFF =
      ThreadLocal.withInitial(() -> {
        JniUtils.setGradMode(false);
        return true;
      });

  private Autograd() {}

  /**
   * Turns recording off on a thread that comes here for the first time; libtorch starts every
   * thread with it on.
   */
  static void stopRecordingByDefault() {
    RECORDING_OFF.get();
  }

  /** Makes a tensor a leaf into which {@link #backward} accumulates a gradient. */
  public static void requireGradient(NDArray leaf) {
    torch(leaf).setRequiresGradient(true);
  }

  /**
   * A new leaf that shares its values with a tensor and starts without gradient.
   *
   * <p>The gradient of a leaf is freed with the leaf: one leaf per step and parameter keeps memory
   * flat.
   */
  public static NDArray leaf(NDArray array) {
    NDArray leaf = detach(array);
    requireGradient(leaf);
    return leaf;
  }

  /** Runs a computation whose operations are recorded. */
  public static <T> T recording(Supplier<T> computation) {
    return withGradientMode(true, computation);
  }

  /** Runs a computation whose operations are not recorded. */
  public static <T> T inference(Supplier<T> computation) {
    return withGradientMode(false, computation);
  }

  /** Runs a computation whose operations are not recorded. */
  public static void inference(Runnable computation) {
    withGradientMode(
        false,
        () -> {
          computation.run();
          return true;
        });
  }

  private static <T> T withGradientMode(boolean mode, Supplier<T> computation) {
    Torch.requireStarted();
    stopRecordingByDefault();
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(mode);
    try {
      return computation.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  /**
   * Adds the gradient of a recorded tensor with respect to every leaf to that leaf's gradient.
   *
   * @param gradient the gradient of the target, of its shape and type; null means one, for a target
   *     with one element
   */
  public static void backward(NDArray target, @Nullable NDArray gradient) {
    if (gradient != null) {
      JniUtils.backward(torch(target), torch(gradient), false, false);
      return;
    }
    if (target.size() != 1) {
      throw new IllegalArgumentException(
          "A target of shape "
              + target.getShape()
              + " needs a gradient of its shape; only one element may go without");
    }
    try (NDArray one = onesLike(target)) {
      JniUtils.backward(torch(target), torch(one), false, false);
    }
  }

  /**
   * A recorded tensor to go back from.
   *
   * @param gradient the gradient of the target, of its shape and type
   */
  public record Root(NDArray target, NDArray gradient) {}

  /** The same as {@link #backward(NDArray, NDArray)} from several recorded tensors at once. */
  public static void backward(List<Root> roots) {
    NDArray sum =
        recording(() ->
            roots.stream()
                .map(root -> Ops.mul(root.target(), root.gradient()).sum())
                .reduce(NDArray::add)
                .orElseThrow(() -> new IllegalArgumentException("nothing to go back from")));
    backward(sum, null);
  }

  /**
   * The gradient accumulated in a leaf, shared with it.
   *
   * @throws IllegalStateException if no backward has reached this leaf
   */
  public static NDArray gradient(NDArray leaf) {
    NDArray gradient = JniUtils.getGradient(torch(leaf));
    if (gradient == null) {
      throw new IllegalStateException(
          "Tensor of shape "
              + leaf.getShape()
              + " has no gradient: it is no leaf that requires one, or no backward has reached it");
    }
    return gradient;
  }

  /** The same values, cut off from the graph. */
  public static NDArray detach(NDArray array) {
    return JniUtils.detachGradient(torch(array));
  }

  private static NDArray onesLike(NDArray array) {
    return ONES_LIKE.apply(
        Operator.tensor(array),
        Operator.none(),
        Operator.none(),
        Operator.none(),
        Operator.none(),
        Operator.none());
  }

  static PtNDArray torch(NDArray array) {
    if (array instanceof PtNDArray torch) {
      return torch;
    }
    throw new IllegalArgumentException("Not a libtorch tensor: " + array.getClass().getName());
  }
}
