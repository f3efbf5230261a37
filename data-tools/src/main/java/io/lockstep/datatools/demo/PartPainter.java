package io.lockstep.datatools.demo;

import io.lockstep.data.geometry.Geometry;
import java.awt.Color;
import java.awt.geom.Path2D;

/** Paints one part inside its slot and says where it lies. */
final class PartPainter {

  /** Least and most half-width of a part; with the jitter it still fits into half a slot. */
  private static final double SMALLEST = 11.5;

  private static final double LARGEST = 13.2;
  private static final double JITTER = 2;

  /** Most degrees that a hexagon or connector is tilted without meaning anything. */
  private static final double TILT = 7;

  /** Where a wire ends, so that its round end is still inside the slot. */
  private static final double END = 0.78;

  private final PlatePainter plates;

  PartPainter(Digits digits) {
    this.plates = new PlatePainter(digits);
  }

  /**
   * Paints the item with colours of the style; its jitter, size and strokes come from the scene's
   * stream.
   */
  Geometry paint(DemoStyle style, Scene scene, Item item, Canvas canvas) {
    Rng rng = scene.rng(1 + item.slot());
    double half = rng.between(SMALLEST, LARGEST);
    double cx = (item.column() + 0.5) * Scene.SLOT + rng.between(-JITTER, JITTER);
    double cy = (item.row() + 0.5) * Scene.SLOT + rng.between(-JITTER, JITTER);
    Pen pen = new Pen(canvas.graphics(), rng, cx, cy, half, Palette.of(style, rng, item));
    return switch (item.part()) {
      case PLATE ->
          plates.paint(
              pen, canvas.rgb(), item.digit(), scene.split(), variesDigits(style, scene.split()));
      case HEXAGON -> item.faulty() ? looseHexagon(pen) : hexagon(pen);
      case CONNECTOR -> connector(pen, item.faulty());
      case WIRE -> item.faulty() ? brokenWire(pen) : wire(pen);
      case PANEL -> item.faulty() ? emptyFrame(pen) : panel(pen);
      case BOX -> box(pen);
    };
  }

  /** Held-out digits stay as they were written, and so do those that the base model has seen. */
  private static boolean variesDigits(DemoStyle style, Split split) {
    return style == DemoStyle.INSPECTION && split == Split.TRAIN;
  }

  private static Geometry hexagon(Pen pen) {
    double[] corners = corners(pen, pen.rng().between(-TILT, TILT));
    pen.fillWithEdge(pen.palette().main(), Pen.path(corners, true));
    pen.fill(pen.palette().accent(), pen.circle(0, 0, 0.42));
    return Pixels.polygon(corners);
  }

  /** Turned by half a corner, hollow, with a slash across. */
  private static Geometry looseHexagon(Pen pen) {
    double[] corners = corners(pen, 30 + pen.rng().between(-TILT, TILT));
    Path2D shape = Pen.path(corners, true);
    pen.fill(pen.palette().accent(), shape);
    pen.draw(pen.palette().main(), 0.26, Pen.path(inner(pen, corners), true));
    pen.draw(pen.palette().main(), 0.3, Pen.path(pen.turned(0, -0.4, 0.4, 0.4, -0.4), false));
    return Pixels.polygon(corners);
  }

  /** A hexagon with flat top and bottom, turned by some degrees. */
  private static double[] corners(Pen pen, double degrees) {
    double y = 0.866;
    return pen.turned(degrees, -0.5, -y, 0.5, -y, 1, 0, 0.5, y, -0.5, y, -1, 0);
  }

  /** The corners pulled in by half the width of the ring that is drawn along them. */
  private static double[] inner(Pen pen, double[] corners) {
    double[] inner = new double[corners.length];
    for (int i = 0; i < corners.length; i += 2) {
      inner[i] = pen.cx() + (corners[i] - pen.cx()) * 0.87;
      inner[i + 1] = pen.cy() + (corners[i + 1] - pen.cy()) * 0.87;
    }
    return inner;
  }

  /** A body that points up, or down when faulty, with two contacts at its flat end. */
  private static Geometry connector(Pen pen, boolean down) {
    double degrees = pen.rng().between(-TILT, TILT) + (down ? 180 : 0);
    double[] corners = pen.turned(degrees, 0, -1, 0.8, -0.15, 0.8, 0.88, -0.8, 0.88, -0.8, -0.15);
    pen.fillWithEdge(pen.palette().main(), Pen.path(corners, true));
    for (double x = -0.5; x < 0.5; x += 0.65) {
      pen.fill(
          pen.palette().accent(),
          Pen.path(pen.turned(degrees, x, 0.3, x + 0.35, 0.3, x + 0.35, 0.75, x, 0.75), true));
    }
    return Pixels.polygon(corners);
  }

  /** An S-shaped wire with a sleeve around its middle. */
  private static Geometry wire(Pen pen) {
    double bend = bend(pen.rng());
    double[] points =
        pen.turned(0, -END, bend, -0.45, 0.75 * bend, 0, 0, 0.45, -0.75 * bend, END, -bend);
    cable(pen, points, pen.palette().main());
    double[] sleeve = pen.turned(0, -0.38, 0.5 * bend, 0.38, -0.5 * bend);
    pen.draw(pen.palette().edge(), 0.86, Pen.path(sleeve, false));
    pen.draw(pen.palette().accent(), 0.68, Pen.path(sleeve, false));
    return Pixels.line(points);
  }

  /** Two ends that do not meet, each torn open. */
  private static Geometry brokenWire(Pen pen) {
    double bend = bend(pen.rng());
    double[] left = pen.turned(0, -END, bend, -0.6, 0.8 * bend, -0.35, 0.35 * bend);
    double[] right = pen.turned(0, 0.35, -0.35 * bend, 0.6, -0.8 * bend, END, -bend);
    cable(pen, left, pen.palette().main());
    cable(pen, right, pen.palette().main());
    for (double[] torn :
        new double[][] {
          pen.turned(0, -0.12, 0.35 * bend - 0.4, -0.35, 0.35 * bend, -0.12, 0.35 * bend + 0.4),
          pen.turned(0, 0.12, -0.35 * bend - 0.4, 0.35, -0.35 * bend, 0.12, 0.4 - 0.35 * bend)
        }) {
      pen.draw(pen.palette().edge(), 0.36, Pen.path(torn, false));
      pen.draw(pen.palette().accent(), 0.22, Pen.path(torn, false));
    }
    return Pixels.line(
        new double[] {
          left[0], left[1], left[2], left[3], left[4], left[5],
          right[0], right[1], right[2], right[3], right[4], right[5]
        });
  }

  /** How far the ends of a wire lie above and below its middle; never flat. */
  private static double bend(Rng rng) {
    return rng.between(0.35, 0.75) * (rng.chance(0.5) ? 1 : -1);
  }

  private static void cable(Pen pen, double[] points, Color colour) {
    Path2D shape = Pen.path(points, false);
    pen.draw(pen.palette().edge(), 0.46, shape);
    pen.draw(colour, 0.3, shape);
  }

  private static Geometry panel(Pen pen) {
    pen.fillWithEdge(pen.palette().main(), pen.rect(-1, -0.9, 2, 1.8));
    for (int slit = 0; slit < 4; slit++) {
      pen.fill(pen.palette().accent(), pen.rect(-0.75, -0.66 + 0.38 * slit, 1.5, 0.18));
    }
    return pen.box(1, 0.9);
  }

  /** The same outline with nothing in it. */
  private static Geometry emptyFrame(Pen pen) {
    pen.fillWithEdge(pen.palette().main(), pen.rect(-1, -0.9, 2, 1.8));
    pen.fill(pen.palette().accent(), pen.rect(-0.74, -0.64, 1.48, 1.28));
    return pen.box(1, 0.9);
  }

  private static Geometry box(Pen pen) {
    pen.fillWithEdge(pen.palette().main(), pen.rect(-1, -0.55, 2, 1.1));
    for (int port = 0; port < 3; port++) {
      pen.fill(pen.palette().edge(), pen.rect(-0.82 + 0.4 * port, -0.25, 0.28, 0.5));
    }
    pen.fill(pen.palette().accent(), pen.circle(0.62, 0, 0.24));
    return pen.box(1, 0.55);
  }
}
