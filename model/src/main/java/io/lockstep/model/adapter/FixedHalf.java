package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.model.decomposition.Factors;
import io.lockstep.model.decomposition.WeightMatrix;
import io.lockstep.model.parameter.NameHash;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.tensor.Buffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Tensors of updates that begin at a part {@code scale * B0 A0} of their weight. What is trained, A
 * and B, begins at A0 and B0; the fixed half, A0 and -B0, takes the part off the weight: {@code W +
 * scale * [B, -B0] [A; A0]}. The weight itself stays as it is. It is what the public library makes
 * of such an adapter when it converts it to a plain one.
 */
final class FixedHalf implements Weights {

  private final Weights trained;
  private final Parameters fixed;

  /**
   * Whole tensors by their names.
   *
   * @param trained the halves that are trained, and all other tensors
   * @param fixed the halves that are fixed, laid out as the plan says
   */
  FixedHalf(Weights trained, Parameters fixed) {
    this.trained = trained;
    this.fixed = fixed;
  }

  @Override
  public @Nullable NDArray find(String name) {
    NDArray own = trained.find(name);
    NDArray rest = fixed.find(name);
    return own == null || rest == null ? own : own.concat(rest, isUp(name) ? 1 : 0);
  }

  /**
   * Fills both halves of a layer's update.
   *
   * @param base all parameters of the base model
   */
  static void begin(
      Layer layer,
      Beginning.FromWeight beginning,
      Weights base,
      long seed,
      Parameters trained,
      Parameters fixed) {
    NDArray weight = base.get(layer.name() + ".weight");
    WeightMatrix matrix =
        WeightMatrix.of(
            Buffer.of(weight).toHost().floats().toArray(),
            Math.toIntExact(layer.out()),
            Math.toIntExact(layer.in()));
    SplittableRandom random = new SplittableRandom(seed ^ NameHash.of(layer.name()));
    Factors part = beginning.part(matrix, layer.rank(), layer.scale(), random);
    fill(trained.get(layer.down()), part.right(), false, 1);
    fill(trained.get(layer.up()), part.left(), true, 1);
    fill(fixed.get(layer.down()), part.right(), false, 1);
    fill(fixed.get(layer.up()), part.left(), true, -1);
  }

  private static boolean isUp(String tensor) {
    return tensor.endsWith(Layer.UP);
  }

  /** Writes vectors times a factor as rows or columns. */
  private static void fill(NDArray tensor, double[][] vectors, boolean columns, int factor) {
    Buffer.of(tensor)
        .write(host -> {
          int rank = vectors.length;
          int length = vectors[0].length;
          for (int k = 0; k < rank; k++) {
            for (int i = 0; i < length; i++) {
              long at = columns ? (long) i * rank + k : (long) k * length + i;
              host.floats().set(at, (float) (factor * vectors[k][i]));
            }
          }
        });
  }

  /** Fails if stored tensors hold other fixed halves. */
  static void requireSame(Parameters fixed, SafetensorsFile tensors)
      throws InvalidAdapterException {
    for (ParameterLayout.Slot slot : fixed.layout().slots()) {
      String name = slot.spec().name();
      float[] stored = tensors.values(name).toFloats();
      float[] own = Buffer.of(fixed.get(name)).toHost().floats().toArray();
      if (!holds(stored, own, isUp(name) ? slot.spec().shape().get(1) : own.length)) {
        throw new InvalidAdapterException(
            AdapterFile.FILE_NAME,
            List.of(
                ("the fixed half of %s is not what this version computes from the base model: finish"
                        + " the run with the version that began it, or go on with it as an adapter in"
                        + " tuner.resume_from_checkpoint")
                    .formatted(name)));
      }
    }
  }

  /** Whether rows of twice that length end with these. */
  private static boolean holds(float[] wholes, float[] halves, long length) {
    int row = Math.toIntExact(length);
    for (int i = 0; i < halves.length; i += row) {
      if (Arrays.mismatch(wholes, 2 * i + row, 2 * i + 2 * row, halves, i, i + row) >= 0) {
        return false;
      }
    }
    return true;
  }
}
