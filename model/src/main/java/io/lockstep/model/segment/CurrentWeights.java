package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import org.jspecify.annotations.Nullable;

/** The weights of whichever segment is being computed. */
final class CurrentWeights implements Weights {

  private @Nullable Weights current;

  /** The segment's weights, from now on; null between segments. */
  void set(@Nullable Weights weights) {
    current = weights;
  }

  private Weights current() {
    Weights weights = current;
    if (weights == null) {
      throw new IllegalStateException("no segment is being computed");
    }
    return weights;
  }

  @Override
  public @Nullable NDArray find(String name) {
    return current().find(name);
  }

  @Override
  public boolean trains(ParameterSpec.Module part) {
    return current().trains(part);
  }

  @Override
  public NDArray linear(String layer, NDArray x) {
    return current().linear(layer, x);
  }
}
