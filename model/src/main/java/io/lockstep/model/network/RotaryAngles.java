package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Scope;

/**
 * By how much rotary embeddings turn: the first half of each row of cosines and sines, which the
 * second half repeats.
 *
 * @param values angles, float32, [rows, headDim / 2]
 * @param headDim width of a head
 */
@SuppressWarnings("ArrayRecordComponent")
record RotaryAngles(float[] values, int headDim) {

  /** Cosines and sines, [rows, headDim] each. */
  record Turns(NDArray cos, NDArray sin) {}

  /**
   * How cosines and sines are rounded. The two ways differ in the last bit of some values, which is
   * enough to make other logits in the sixth digit.
   */
  enum Rounding {
    /** Computed in double precision and rounded once; models have been trained with it. */
    ONCE {
      @Override
      Turns turns(Scope scope, RotaryAngles angles) {
        int half = angles.headDim / 2;
        int rows = angles.values.length / half;
        float[] cos = new float[Math.multiplyExact(2, angles.values.length)];
        float[] sin = new float[cos.length];
        for (int i = 0; i < angles.values.length; i++) {
          int first = i / half * angles.headDim + i % half;
          cos[first] = (float) Math.cos(angles.values[i]);
          sin[first] = (float) Math.sin(angles.values[i]);
          cos[first + half] = cos[first];
          sin[first + half] = sin[first];
        }
        return new Turns(
            scope.fromFloats(cos, rows, angles.headDim),
            scope.fromFloats(sin, rows, angles.headDim));
      }
    },
    /** Libtorch's float32 functions, as in the public implementation. */
    AS_LIBTORCH {
      @Override
      Turns turns(Scope scope, RotaryAngles angles) {
        int half = angles.headDim / 2;
        NDArray once = scope.fromFloats(angles.values, angles.values.length / half, half);
        NDArray twice = once.concat(once, -1);
        return new Turns(twice.cos(), twice.sin());
      }
    };

    abstract Turns turns(Scope scope, RotaryAngles angles);
  }

  /** Cosines and sines of all rows. */
  Turns turns(Scope scope, Rounding rounding) {
    return rounding.turns(scope, this);
  }
}
