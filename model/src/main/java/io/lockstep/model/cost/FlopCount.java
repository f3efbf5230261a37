package io.lockstep.model.cost;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import java.util.List;

/**
 * Floating-point operations up to the first token of an answer, counted from the configuration.
 *
 * <p>Only matrix products count, two operations to a multiplication and its addition: a linear
 * layer of n rows takes {@code 2 n in out}, attention of width w over p pairs of query and key
 * {@code 4 p w} (scores and weighted sum). Norms, activations and rotations are left out; so is
 * what a kernel computes in vain behind a mask.
 *
 * @param visionTower patch embedding and all blocks, over every patch
 * @param mergers from patches to vision tokens, those of DeepStack included
 * @param textPrefill all decoder layers over the prompt, and the head for its last position
 */
public record FlopCount(long visionTower, long mergers, long textPrefill) {

  /** Nothing computed. */
  public static final FlopCount NONE = new FlopCount(0, 0, 0);

  /**
   * Counts for one prompt.
   *
   * @param pictures the patches of its pictures
   * @param promptTokens its tokens, kept vision tokens included
   */
  public static FlopCount of(ModelConfig config, List<Grid> pictures, int promptTokens) {
    VisionFlops vision = new VisionFlops(config.vision());
    FlopCount count = new FlopCount(0, 0, text(config, promptTokens));
    for (Grid picture : pictures) {
      count = count.plus(new FlopCount(vision.tower(picture), vision.mergers(picture), 0));
    }
    return count;
  }

  /** Both counts added up, part by part. */
  public FlopCount plus(FlopCount other) {
    return new FlopCount(
        visionTower + other.visionTower, mergers + other.mergers, textPrefill + other.textPrefill);
  }

  /** All parts. */
  public long total() {
    return visionTower + mergers + textPrefill;
  }

  private static long text(ModelConfig model, long tokens) {
    TextConfig config = model.text();
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.kvHeads() * config.headDim();
    long hidden = config.hiddenSize();
    long layer =
        linear(tokens, hidden, queries)
            + 2 * linear(tokens, hidden, keys)
            + attention(tokens * (tokens + 1) / 2, queries)
            + linear(tokens, queries, hidden);
    long feedForward = 0;
    for (int i = 0; i < config.layers(); i++) {
      feedForward += 3 * linear(tokens, hidden, model.feedForwardWidth(i));
    }
    return config.layers() * layer + feedForward + linear(1, hidden, config.vocabSize());
  }

  static long linear(long rows, long in, long out) {
    return 2 * rows * in * out;
  }

  static long attention(long pairs, long width) {
    return 4 * pairs * width;
  }
}
