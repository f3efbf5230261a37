package io.lockstep.model.detect;

import java.util.Comparator;

/**
 * An object that a detection head has found.
 *
 * @param left edge of its box, in shares of the picture's width, 0 to 1
 * @param top edge, in shares of the height
 * @param right edge
 * @param bottom edge
 * @param score the probability that there is an object and that it is what the caption says
 * @param caption the most probable one of the head's closed list
 * @param query which of the head's queries has found it
 */
public record FoundObject(
    double left, double top, double right, double bottom, double score, String caption, int query) {

  /** The surest first; equals in the order of the queries. */
  static final Comparator<FoundObject> SUREST_FIRST =
      Comparator.comparingDouble(FoundObject::score)
          .reversed()
          .thenComparingInt(FoundObject::query);

  /**
   * The box in pixels of a picture: left, top, right and bottom.
   *
   * @param width of the picture
   * @param height of the picture
   */
  public double[] pixels(int width, int height) {
    return new double[] {left * width, top * height, right * width, bottom * height};
  }
}
