package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.network.Network;

/** Activations of a pass that terms of an objective read besides what the pass predicts. */
@FunctionalInterface
public interface Activations {

  /** Those of a pass to which nobody listened. */
  Activations NONE =
      name -> {
        throw new IllegalStateException("nobody listened to " + name + " in this pass");
      };

  /**
   * An activation, through which gradients flow back into the segment that computed it.
   *
   * @param name as an {@link io.lockstep.model.network.ActivationListener} hears it
   */
  NDArray get(String name);

  /** The name of what a detection head predicts [B, queries, outputs]. */
  String DETECTIONS = Network.DETECTIONS;

  /** The name of a router's probabilities [B * T, experts]. */
  static String router(int layer) {
    return "router_" + layer;
  }

  /** The name of the output of a block of the vision tower [patches, H]. */
  static String visionBlock(int block) {
    return "vision_block_" + block;
  }

  /** The name of the merged vision tokens [merged tokens, H], before any are dropped. */
  String VISION_MERGER = "vision_merger";

  /** The name of the vision tokens of DeepStack's merger [merged tokens, H], likewise. */
  static String deepstack(int merger) {
    return "deepstack_merger_" + merger;
  }
}
