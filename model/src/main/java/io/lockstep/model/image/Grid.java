package io.lockstep.model.image;

/** Numbers of patches of a picture along time, height and width, before any merging. */
public record Grid(int t, int h, int w) {

  /** Number of patches. */
  public int patches() {
    return t * h * w;
  }

  /** Number of language-model tokens after {@code mergeSize} squared patches become one. */
  public int tokens(int mergeSize) {
    return patches() / (mergeSize * mergeSize);
  }
}
