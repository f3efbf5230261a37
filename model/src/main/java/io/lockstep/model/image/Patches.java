package io.lockstep.model.image;

/**
 * A picture as flattened, normalised patches.
 *
 * @param pixels row-major [gridT * gridH * gridW, channels * frames * patchSize * patchSize]; rows
 *     go merge block by merge block; not copied, not to be changed
 */
@SuppressWarnings("ArrayRecordComponent")
public record Patches(float[] pixels, int gridT, int gridH, int gridW) {

  /** The numbers of patches per axis. */
  public Grid grid() {
    return new Grid(gridT, gridH, gridW);
  }
}
