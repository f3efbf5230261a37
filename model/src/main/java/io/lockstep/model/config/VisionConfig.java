package io.lockstep.model.config;

/** What the vision towers of all families have in common. */
public interface VisionConfig {

  /** Base of the rotary frequencies of all vision towers. */
  double ROPE_THETA = 10000.0;

  /** Number of blocks. */
  int depth();

  /** Width of the residual stream. */
  int hiddenSize();

  /** Width of the MLP. */
  int intermediateSize();

  /** Number of attention heads. */
  int heads();

  /** Side of a patch in pixels. */
  int patchSize();

  /** Frames in a patch. */
  int temporalPatchSize();

  /** Side, in patches, of the square that becomes one token. */
  int spatialMergeSize();

  /** Colour channels. */
  int inChannels();

  /** Width of the language model that receives the merged embeddings. */
  int outHiddenSize();

  /** What its blocks are made of. */
  VisionCost cost();

  /** Width of one attention head. */
  default int headDim() {
    return hiddenSize() / heads();
  }

  /** Number of values in one flattened patch: channels, frames, rows and columns. */
  default int patchValues() {
    return inChannels() * temporalPatchSize() * patchSize() * patchSize();
  }
}
