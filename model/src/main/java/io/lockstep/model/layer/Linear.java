package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import java.util.List;

/**
 * A linear layer, x [.., in] to [.., out].
 *
 * @param part the part of the model it belongs to
 * @param name name in the public checkpoint layout, without {@code .weight}
 */
public record Linear(ParameterSpec.Module part, String name, long in, long out, boolean hasBias)
    implements Block {

  @Override
  public List<ParameterSpec> parameters() {
    ParameterSpec weight = ParameterSpec.of(part, name + ".weight", out, in);
    return hasBias ? List.of(weight, ParameterSpec.of(part, name + ".bias", out)) : List.of(weight);
  }

  /** Applies it, with whatever adapts it. */
  public NDArray apply(Weights weights, NDArray x) {
    return weights.linear(name, x);
  }
}
