package io.lockstep.model.network;

import java.util.List;

/**
 * What the language model reads of pictures, in the order of their placeholders: features that take
 * their places, and DeepStack's, which are added behind the first decoder layers. Host memory.
 */
public final class PictureFeatures {

  private final int width;
  private final float[] merged;
  private final List<float[]> deepstack;

  /**
   * Features of one or more pictures.
   *
   * @param width hidden size
   * @param merged [placeholders, width]
   * @param deepstack the same for each decoder layer that is added to, from the first on
   */
  PictureFeatures(int width, float[] merged, List<float[]> deepstack) {
    this.width = width;
    this.merged = merged;
    this.deepstack = List.copyOf(deepstack);
  }

  /** Placeholders that they are for. */
  public int count() {
    return merged.length / width;
  }

  /** Puts those of a placeholder into its row of the hidden states. */
  void copyTo(int placeholder, float[] hidden, int at) {
    System.arraycopy(merged, placeholder * width, hidden, at, width);
  }

  /** Adds those of a placeholder behind a layer, if that layer is added to. */
  void addAfter(int layer, int placeholder, float[] hidden, int at) {
    if (layer < deepstack.size()) {
      float[] features = deepstack.get(layer);
      for (int i = 0; i < width; i++) {
        hidden[at + i] += features[placeholder * width + i];
      }
    }
  }
}
