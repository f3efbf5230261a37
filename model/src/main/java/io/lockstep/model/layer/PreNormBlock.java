package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A transformer's block: attention, then a feed-forward network, each reading normalised values of
 * the residual stream and adding to it.
 */
public record PreNormBlock(
    Norm beforeAttention, Block attention, Norm beforeFeedForward, FeedForward feedForward)
    implements Block {

  @Override
  public List<ParameterSpec> parameters() {
    return Block.parametersOf(beforeAttention, attention, beforeFeedForward, feedForward);
  }

  /**
   * Applies it.
   *
   * @param attend applies the attention to normalised values
   */
  public NDArray apply(Weights weights, NDArray x, UnaryOperator<NDArray> attend) {
    return apply(weights, x, attend, middle -> feedForward.apply(weights, middle));
  }

  /**
   * Applies it.
   *
   * @param attend applies the attention to normalised values
   * @param feed applies the feed-forward network to normalised values
   */
  public NDArray apply(
      Weights weights, NDArray x, UnaryOperator<NDArray> attend, UnaryOperator<NDArray> feed) {
    NDArray middle = x.add(attend.apply(beforeAttention.apply(weights, x)));
    return middle.add(feed.apply(beforeFeedForward.apply(weights, middle)));
  }
}
