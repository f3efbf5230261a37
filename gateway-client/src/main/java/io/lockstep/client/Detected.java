package io.lockstep.client;

import java.util.List;

/**
 * What was found in a picture.
 *
 * @param id the picture's name
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 * @param objects the surest first
 */
public record Detected(String id, int width, int height, List<FoundObject> objects) {

  public Detected {
    objects = List.copyOf(objects);
  }

  /**
   * An object.
   *
   * @param x1 left edge of its box, in pixels
   * @param y1 top edge
   * @param x2 right edge
   * @param y2 bottom edge
   * @param score the probability that it is there and what the caption says
   * @param caption what it is
   */
  public record FoundObject(
      double x1, double y1, double x2, double y2, double score, String caption) {}
}
