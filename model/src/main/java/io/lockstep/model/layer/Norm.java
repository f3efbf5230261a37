package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;

/** Normalises the last dimension. */
public sealed interface Norm extends Block {

  /** Normalises x [.., size]. */
  NDArray apply(Weights weights, NDArray x);

  /** By the root of the mean square (Zhang and Sennrich, 2019). */
  record Rms(ParameterSpec.Module part, String name, long size, double eps) implements Norm {

    @Override
    public List<ParameterSpec> parameters() {
      return List.of(ParameterSpec.of(part, name + ".weight", size));
    }

    @Override
    public NDArray apply(Weights weights, NDArray x) {
      return Ops.rmsNorm(x, Ops.asTypeOf(x, weights.get(name + ".weight")), eps);
    }
  }

  /** By mean and variance (Ba et al., 2016). */
  record Layer(ParameterSpec.Module part, String name, long size, double eps) implements Norm {

    @Override
    public List<ParameterSpec> parameters() {
      return List.of(
          ParameterSpec.of(part, name + ".weight", size),
          ParameterSpec.of(part, name + ".bias", size));
    }

    @Override
    public NDArray apply(Weights weights, NDArray x) {
      return Ops.layerNorm(
          x,
          Ops.asTypeOf(x, weights.get(name + ".weight")),
          Ops.asTypeOf(x, weights.get(name + ".bias")),
          eps);
    }
  }
}
