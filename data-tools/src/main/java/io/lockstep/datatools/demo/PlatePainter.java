package io.lockstep.datatools.demo;

import io.lockstep.data.geometry.Geometry;
import java.awt.Color;
import java.awt.geom.RoundRectangle2D;

/** Paints a label plate with a handwritten digit on it. */
final class PlatePainter {

  /** Pixels of the plate's rounded corners. */
  private static final double CORNER = 5;

  private static final double NARROWEST = 0.88;

  /** Most degrees that the digit is turned, and most pixels that it is moved. */
  private static final double TURN = 8;

  private static final double SHIFT = 0.8;

  /** From no ink to full ink, in the stroke's values; wide enough to keep small loops open. */
  private static final double INK_SLOPE = 0.5;

  private final Digits digits;

  PlatePainter(Digits digits) {
    this.digits = digits;
  }

  /**
   * Paints a plate.
   *
   * @param varied whether the digit is written in a hand between those of the split
   */
  Geometry paint(Pen pen, int[] rgb, int digit, Split split, boolean varied) {
    Palette palette = pen.palette();
    boolean mainIsLighter = Palette.luma(palette.main()) >= Palette.luma(palette.accent());
    double half = pen.half();
    double width = pen.rng().between(NARROWEST, 1);
    pen.fillWithEdge(
        mainIsLighter ? palette.main() : palette.accent(),
        new RoundRectangle2D.Double(
            pen.cx() - width * half, pen.cy() - half, 2 * width * half, 2 * half, CORNER, CORNER));
    Handwriting handwriting =
        varied
            ? Handwriting.varied(digits, pen.rng(), digit, split)
            : Handwriting.asWritten(digits, pen.rng(), digit, split);
    write(pen, rgb, handwriting, mainIsLighter ? palette.accent() : palette.main());
    return pen.box(width, 1);
  }

  /** Enlarges a digit smoothly, slightly turned, scaled, moved, thinner or thicker. */
  private static void write(Pen pen, int[] rgb, Handwriting handwriting, Color ink) {
    Rng rng = pen.rng();
    double radians = StrictMath.toRadians(rng.between(-TURN, TURN));
    double cell = pen.half() * 2 * rng.between(0.86, 0.98) / Digits.SIDE;
    double cx = pen.cx() + rng.between(-SHIFT, SHIFT);
    double cy = pen.cy() + rng.between(-SHIFT, SHIFT);
    double threshold = rng.between(0.42, 0.56);
    double sin = StrictMath.sin(radians);
    double cos = StrictMath.cos(radians);
    int colour = ink.getRGB() & 0xFFFFFF;
    int reach = (int) pen.half() - 1;
    for (int y = (int) cy - reach; y <= (int) cy + reach; y++) {
      for (int x = (int) cx - reach; x <= (int) cx + reach; x++) {
        double dx = (x + 0.5 - cx) / cell;
        double dy = (y + 0.5 - cy) / cell;
        double value = handwriting.ink(dx * cos + dy * sin, dy * cos - dx * sin);
        double cover = (value - threshold) / INK_SLOPE + 0.5;
        int weight = (int) (StrictMath.min(StrictMath.max(cover, 0), 1) * 256);
        int at = y * Scene.SIZE + x;
        rgb[at] = Raster.blend(rgb[at], colour, weight);
      }
    }
  }
}
