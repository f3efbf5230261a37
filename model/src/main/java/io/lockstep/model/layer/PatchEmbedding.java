package io.lockstep.model.layer;

import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import java.util.List;

/**
 * Makes a vector of each patch: pixels [N, channels * frames * P * P] to [N, C].
 *
 * @param name name of the kernel's module
 */
public record PatchEmbedding(VisionConfig config, String name, boolean hasBias) implements Block {

  @Override
  public List<ParameterSpec> parameters() {
    ParameterSpec kernel =
        ParameterSpec.of(
            VIT,
            name + ".weight",
            config.hiddenSize(),
            config.inChannels(),
            config.temporalPatchSize(),
            config.patchSize(),
            config.patchSize());
    return hasBias
        ? List.of(kernel, ParameterSpec.of(VIT, name + ".bias", config.hiddenSize()))
        : List.of(kernel);
  }

  /** By a matrix product. */
  public NDArray product(Weights weights, NDArray pixels) {
    NDArray kernel = Ops.asTypeOf(pixels, weights.get(name + ".weight"));
    NDArray flat = kernel.reshape(config.hiddenSize(), kernel.size() / config.hiddenSize());
    NDArray bias = weights.find(name + ".bias");
    return Ops.linear(pixels, flat, bias == null ? null : Ops.asTypeOf(pixels, bias));
  }

  /**
   * By a convolution, which rounds otherwise; in bfloat16 by a matrix product, as the convolution
   * of libtorch 2.7.1 gives wrong numbers there on processors with instructions for bfloat16 when
   * it has 8 output channels.
   */
  public NDArray convolution(Weights weights, NDArray pixels) {
    if (Dtype.of(pixels) == Dtype.BFLOAT16) {
      return product(weights, pixels);
    }
    NDArray kernel = Ops.asTypeOf(pixels, weights.get(name + ".weight"));
    Shape patches = new Shape(-1).addAll(kernel.getShape().slice(1));
    return Ops.convolution(pixels.reshape(patches), kernel).reshape(-1, config.hiddenSize());
  }
}
