package io.lockstep.datatools.demo;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/**
 * A picture being painted: its pixels, and Java2D over the same pixels. Closing it frees the Java2D
 * context.
 */
final class Canvas implements AutoCloseable {

  private final BufferedImage image =
      new BufferedImage(Scene.SIZE, Scene.SIZE, BufferedImage.TYPE_INT_RGB);
  private final int[] rgb = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
  private final Graphics2D graphics = image.createGraphics();

  Canvas() {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
  }

  BufferedImage image() {
    return image;
  }

  Graphics2D graphics() {
    return graphics;
  }

  /** Packed 0xRRGGBB pixels, row by row; writing to them paints. */
  int[] rgb() {
    return rgb;
  }

  @Override
  public void close() {
    graphics.dispose();
  }
}
