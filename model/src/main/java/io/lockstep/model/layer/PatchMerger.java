package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;

/**
 * Makes a token of the language model of each square of patches: [N, C] to [M, H], through an MLP
 * with the exact GELU.
 *
 * @param norm normalises a patch, or a square if it is of that size
 * @param first from squares to squares
 */
public record PatchMerger(Norm norm, boolean normsSquares, Linear first, Linear second)
    implements Block {

  @Override
  public List<ParameterSpec> parameters() {
    return Block.parametersOf(norm, first, second);
  }

  /** Merges patches, of which those of a square follow each other. */
  public NDArray apply(Weights weights, NDArray hidden_NC) {
    NDArray squares =
        normsSquares
            ? norm.apply(weights, hidden_NC.reshape(-1, first.in()))
            : norm.apply(weights, hidden_NC).reshape(-1, first.in());
    return second.apply(weights, Ops.geluErf(first.apply(weights, squares)));
  }
}
