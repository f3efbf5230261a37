package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;

/** Cosines and sines that rotary embeddings turn with, [rows, width] each unless reshaped. */
public record CosSin(NDArray cos, NDArray sin) {

  /**
   * How they are rounded. The two ways differ in the last bit of some values, which is enough to
   * make other logits in the sixth digit.
   */
  public enum Rounding {
    /** Computed in double precision and rounded once; models have been trained with it. */
    ONCE,
    /** Libtorch's float32 functions, as in the public implementation. */
    AS_LIBTORCH
  }

  /**
   * Those of angles.
   *
   * @param scope holds them where they are rounded once; those of libtorch belong to the innermost
   *     scope
   * @param angles the first half of each row, which the second half repeats, [rows, width / 2]
   */
  public static CosSin of(Scope scope, float[] angles, int width, Rounding rounding) {
    int half = width / 2;
    int rows = angles.length / half;
    return switch (rounding) {
      case ONCE -> {
        float[] cos = new float[Math.multiplyExact(2, angles.length)];
        float[] sin = new float[cos.length];
        for (int i = 0; i < angles.length; i++) {
          int first = i / half * width + i % half;
          cos[first] = (float) Math.cos(angles[i]);
          sin[first] = (float) Math.sin(angles[i]);
          cos[first + half] = cos[first];
          sin[first + half] = sin[first];
        }
        yield new CosSin(scope.fromFloats(cos, rows, width), scope.fromFloats(sin, rows, width));
      }
      case AS_LIBTORCH -> {
        NDArray once = scope.fromFloats(angles, rows, half);
        NDArray twice = once.concat(once, -1);
        yield new CosSin(twice.cos(), twice.sin());
      }
    };
  }

  /**
   * The same values rounded to another type. The public implementation rounds those of the language
   * model, not those of the vision tower.
   */
  public CosSin as(Dtype type) {
    return new CosSin(Ops.as(cos, type), Ops.as(sin, type));
  }

  /** The same values in another shape. */
  public CosSin reshape(Shape shape) {
    return new CosSin(cos.reshape(shape), sin.reshape(shape));
  }
}
