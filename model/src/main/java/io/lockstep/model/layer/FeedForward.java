package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;
import java.util.function.UnaryOperator;

/** What a block computes of each token alone, x [.., hidden] to [.., hidden]. */
public interface FeedForward extends Block {

  /** Applies it. */
  NDArray apply(Weights weights, NDArray x);

  /**
   * Applies it and tells with which probabilities tokens went to experts, if it has some.
   *
   * @param routed gets the probabilities [tokens, experts] and gives those to compute with
   */
  default NDArray apply(Weights weights, NDArray x, UnaryOperator<NDArray> routed) {
    return apply(weights, x);
  }

  /** {@code down(silu(gate(x)) * up(x))} (Shazeer, "GLU variants improve transformer", 2020). */
  record Gated(Linear gate, Linear up, Linear down) implements FeedForward {

    /**
     * One with the public names of its layers.
     *
     * @param prefix name of the module, with a dot at its end
     */
    public static Gated of(
        ParameterSpec.Module part, String prefix, long hidden, long inner, boolean hasBias) {
      return new Gated(
          new Linear(part, prefix + "gate_proj", hidden, inner, hasBias),
          new Linear(part, prefix + "up_proj", hidden, inner, hasBias),
          new Linear(part, prefix + "down_proj", inner, hidden, hasBias));
    }

    @Override
    public List<ParameterSpec> parameters() {
      return Block.parametersOf(gate, up, down);
    }

    @Override
    public NDArray apply(Weights weights, NDArray x) {
      NDArray opened = Ops.silu(gate.apply(weights, x));
      return down.apply(weights, opened.mul(up.apply(weights, x)));
    }
  }

  /** {@code second(gelu(first(x)))} with the GELU's approximation by tanh. */
  record Plain(Linear first, Linear second) implements FeedForward {

    @Override
    public List<ParameterSpec> parameters() {
      return Block.parametersOf(first, second);
    }

    @Override
    public NDArray apply(Weights weights, NDArray x) {
      return second.apply(weights, Ops.geluTanh(first.apply(weights, x)));
    }
  }
}
