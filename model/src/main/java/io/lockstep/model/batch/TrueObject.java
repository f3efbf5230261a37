package io.lockstep.model.batch;

/**
 * An object that is in a picture, for whoever learns to find it. The box is in shares of the
 * picture's width and height, so that it holds for every size the picture is seen in.
 *
 * @param centreX from the left edge, 0 to 1
 * @param centreY from the top edge, 0 to 1
 * @param width more than 0, at most 1
 * @param height more than 0, at most 1
 * @param caption its number in the list of captions
 */
public record TrueObject(float centreX, float centreY, float width, float height, int caption) {

  /** Checks the ranges. */
  public TrueObject {
    if (!(isShare(centreX) && isShare(centreY) && isShare(width) && isShare(height))
        || width == 0
        || height == 0
        || caption < 0) {
      throw new IllegalArgumentException(
          "an object of %s x %s at (%s, %s) with caption %d: a box is given in shares of the picture, from 0 to 1, and has an area"
              .formatted(width, height, centreX, centreY, caption));
    }
  }

  private static boolean isShare(float value) {
    return value >= 0 && value <= 1;
  }
}
