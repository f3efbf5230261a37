package io.lockstep.model.detection;

import static io.lockstep.model.parameter.ParameterSpec.Module.DETECTION;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.layer.Block;
import io.lockstep.model.layer.Linear;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Attention with any queries, keys and values of one width. */
record Attention(Linear query, Linear key, Linear value, Linear output, int heads)
    implements Block {

  static Attention of(String prefix, DetectionConfig config) {
    return new Attention(
        linear(prefix + "q_proj", config),
        linear(prefix + "k_proj", config),
        linear(prefix + "v_proj", config),
        linear(prefix + "o_proj", config),
        config.heads());
  }

  private static Linear linear(String name, DetectionConfig config) {
    return new Linear(DETECTION, name, config.width(), config.width(), true);
  }

  @Override
  public List<ParameterSpec> parameters() {
    return Block.parametersOf(query, key, value, output);
  }

  /**
   * Attends, [B, Q, D].
   *
   * @param asked [B, Q, D]
   * @param keys [B, M, D]
   * @param values as keys
   * @param mask true where a key may be seen, [B, 1, 1, M]; all if absent
   */
  NDArray apply(
      Weights weights, NDArray asked, NDArray keys, NDArray values, @Nullable NDArray mask) {
    NDArray attended_BhQd =
        Ops.scaledDotProductAttention(
            apart(query.apply(weights, asked)),
            apart(key.apply(weights, keys)),
            apart(value.apply(weights, values)),
            mask,
            false,
            1 / Math.sqrt((double) query.out() / heads),
            false);
    return output.apply(weights, attended_BhQd.transpose(0, 2, 1, 3).reshape(asked.getShape()));
  }

  /** The heads of x [B, N, D], [B, h, N, d]. */
  private NDArray apart(NDArray x_BND) {
    long rows = x_BND.getShape().get(0);
    return x_BND
        .reshape(rows, x_BND.getShape().get(1), heads, query.out() / heads)
        .transpose(0, 2, 1, 3);
  }
}
