package io.lockstep.model.family.qwen3vlmoe;

import io.lockstep.model.network.Router;
import java.util.List;

/**
 * Which decoder layers have experts, and what these are.
 *
 * @param experts experts of a layer
 * @param expertsPerToken experts that a token goes through
 * @param intermediateSize inner size of an expert
 * @param sparseStep every so many layers one has experts
 * @param denseLayers layers that have none, whatever the step says
 */
public record MoeConfig(
    int experts,
    int expertsPerToken,
    int intermediateSize,
    int sparseStep,
    List<Integer> denseLayers) {

  public MoeConfig {
    denseLayers = List.copyOf(denseLayers);
  }

  /** What sends tokens to the experts of a layer that has some. */
  Router router() {
    return new Router(experts, expertsPerToken);
  }

  /** Whether a layer has experts. */
  boolean isSparse(int layer) {
    return !denseLayers.contains(layer) && (layer + 1) % sparseStep == 0;
  }
}
