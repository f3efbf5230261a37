package io.lockstep.data.sample;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;

/** Paints one part inside its slot and says where it lies. */
final class PartPainter {

  /** Least and most half-width of a part; with the jitter it still fits into half a slot. */
  private static final double SMALLEST = 11.5;

  private static final double LARGEST = 13.2;
  private static final double JITTER = 2;

  /** Most degrees that a hexagon or connector is tilted without meaning anything. */
  private static final double TILT = 7;

  /** From no ink to full ink, in the stroke's values; wide enough to keep small loops open. */
  private static final double INK_SLOPE = 0.5;

  private static final BasicStroke EDGE = new BasicStroke(1.4f);

  private final Digits digits;

  PartPainter(Digits digits) {
    this.digits = digits;
  }

  /** One part being painted: the pen, the centre and half-width in pixels, and the colours. */
  private record Place(Graphics2D g, Rng rng, double cx, double cy, double half, Palette palette) {

    Rectangle2D rect(double x, double y, double width, double height) {
      return new Rectangle2D.Double(cx + x * half, cy + y * half, width * half, height * half);
    }

    Ellipse2D circle(double x, double y, double radius) {
      return new Ellipse2D.Double(
          cx + (x - radius) * half, cy + (y - radius) * half, 2 * radius * half, 2 * radius * half);
    }

    /** Points in half-widths around the centre, turned clockwise, in pixels. */
    double[] turned(double degrees, double... xy) {
      double sin = StrictMath.sin(StrictMath.toRadians(degrees));
      double cos = StrictMath.cos(StrictMath.toRadians(degrees));
      double[] turned = new double[xy.length];
      for (int i = 0; i < xy.length; i += 2) {
        turned[i] = cx + half * (xy[i] * cos - xy[i + 1] * sin);
        turned[i + 1] = cy + half * (xy[i] * sin + xy[i + 1] * cos);
      }
      return turned;
    }

    void fill(Color colour, java.awt.Shape shape) {
      g.setColor(colour);
      g.fill(shape);
    }

    void draw(Color colour, double width, java.awt.Shape shape) {
      g.setColor(colour);
      g.setStroke(new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
      g.draw(shape);
    }

    void fillWithEdge(Color colour, java.awt.Shape shape) {
      fill(colour, shape);
      g.setColor(palette.edge());
      g.setStroke(EDGE);
      g.draw(shape);
    }
  }

  /**
   * Paints the item with colours of the style; its jitter, size and strokes come from the scene's
   * stream.
   */
  Outline paint(Style style, Scene scene, Item item, Canvas canvas) {
    Rng rng = scene.rng(1 + item.slot());
    double half = rng.between(SMALLEST, LARGEST);
    double cx = (item.column() + 0.5) * Scene.SLOT + rng.between(-JITTER, JITTER);
    double cy = (item.row() + 0.5) * Scene.SLOT + rng.between(-JITTER, JITTER);
    Place place = new Place(canvas.graphics(), rng, cx, cy, half, Palette.of(style, rng, item));
    return switch (item.part()) {
      case PLATE -> plate(place, canvas, item.digit(), scene.split());
      case HEXAGON -> item.faulty() ? looseHexagon(place) : hexagon(place);
      case CONNECTOR -> connector(place, item.faulty());
      case WIRE -> item.faulty() ? brokenWire(place) : wire(place);
      case PANEL -> item.faulty() ? emptyFrame(place) : panel(place);
      case BOX -> box(place);
    };
  }

  private Outline plate(Place place, Canvas canvas, int digit, Split split) {
    Palette palette = place.palette();
    Color paper = lighter(palette.main(), palette.accent());
    Color ink = paper.equals(palette.main()) ? palette.accent() : palette.main();
    double width = place.rng().between(0.88, 1);
    place.fillWithEdge(
        paper,
        new RoundRectangle2D.Double(
            place.cx() - width * place.half(),
            place.cy() - place.half(),
            2 * width * place.half(),
            2 * place.half(),
            5,
            5));
    int row = digits.pickRow(place.rng(), digit, split);
    handwriting(place, canvas.rgb(), row, ink);
    return Outline.bbox(
        place.cx() - width * place.half(),
        place.cy() - place.half(),
        place.cx() + width * place.half(),
        place.cy() + place.half());
  }

  private static Color lighter(Color a, Color b) {
    int brightnessA = 3 * a.getRed() + 6 * a.getGreen() + a.getBlue();
    int brightnessB = 3 * b.getRed() + 6 * b.getGreen() + b.getBlue();
    return brightnessA >= brightnessB ? a : b;
  }

  /** Enlarges a stroke image smoothly, slightly turned, scaled, moved, thinner or thicker. */
  private void handwriting(Place place, int[] rgb, int row, Color ink) {
    Rng rng = place.rng();
    double degrees = rng.between(-8, 8);
    double cell = place.half() * 2 * rng.between(0.86, 0.98) / Digits.SIDE;
    double cx = place.cx() + rng.between(-0.8, 0.8);
    double cy = place.cy() + rng.between(-0.8, 0.8);
    double threshold = rng.between(0.42, 0.56);
    double sin = StrictMath.sin(StrictMath.toRadians(degrees));
    double cos = StrictMath.cos(StrictMath.toRadians(degrees));
    int colour = ink.getRGB() & 0xFFFFFF;
    int reach = (int) place.half() - 1;
    for (int y = (int) cy - reach; y <= (int) cy + reach; y++) {
      for (int x = (int) cx - reach; x <= (int) cx + reach; x++) {
        double dx = (x + 0.5 - cx) / cell;
        double dy = (y + 0.5 - cy) / cell;
        double value = digits.ink(row, dx * cos + dy * sin + 4, dy * cos - dx * sin + 4);
        double cover = StrictMath.min(StrictMath.max((value - threshold) / INK_SLOPE + 0.5, 0), 1);
        if (cover > 0) {
          int at = y * Scene.SIZE + x;
          rgb[at] = Raster.blend(rgb[at], colour, (int) (cover * 256));
        }
      }
    }
  }

  private static Outline hexagon(Place place) {
    double[] corners = corners(place, place.rng().between(-TILT, TILT));
    place.fillWithEdge(place.palette().main(), path(corners, true));
    place.fill(place.palette().accent(), place.circle(0, 0, 0.42));
    return Outline.polygon(corners);
  }

  /** Turned by half a corner, hollow, with a slash across. */
  private static Outline looseHexagon(Place place) {
    double[] corners = corners(place, 30 + place.rng().between(-TILT, TILT));
    Path2D shape = path(corners, true);
    place.fill(place.palette().accent(), shape);
    place.draw(place.palette().main(), 0.26 * place.half(), path(inner(place, corners), true));
    place.draw(
        place.palette().main(),
        0.3 * place.half(),
        path(place.turned(0, -0.4, 0.4, 0.4, -0.4), false));
    return Outline.polygon(corners);
  }

  /** A hexagon with flat top and bottom, turned by some degrees. */
  private static double[] corners(Place place, double degrees) {
    double y = 0.866;
    return place.turned(degrees, -0.5, -y, 0.5, -y, 1, 0, 0.5, y, -0.5, y, -1, 0);
  }

  /** The corners pulled in by half the width of the ring that is drawn along them. */
  private static double[] inner(Place place, double[] corners) {
    double[] inner = new double[corners.length];
    for (int i = 0; i < corners.length; i += 2) {
      inner[i] = place.cx() + (corners[i] - place.cx()) * 0.87;
      inner[i + 1] = place.cy() + (corners[i + 1] - place.cy()) * 0.87;
    }
    return inner;
  }

  /** A body that points up, or down when faulty, with two contacts at its flat end. */
  private static Outline connector(Place place, boolean down) {
    double degrees = place.rng().between(-TILT, TILT) + (down ? 180 : 0);
    double[] corners = place.turned(degrees, 0, -1, 0.8, -0.15, 0.8, 0.95, -0.8, 0.95, -0.8, -0.15);
    place.fillWithEdge(place.palette().main(), path(corners, true));
    for (double x = -0.5; x < 0.5; x += 0.65) {
      place.fill(
          place.palette().accent(),
          path(place.turned(degrees, x, 0.3, x + 0.35, 0.3, x + 0.35, 0.75, x, 0.75), true));
    }
    return Outline.polygon(corners);
  }

  /** An S-shaped wire with a sleeve around its middle. */
  private static Outline wire(Place place) {
    double bend = bend(place.rng());
    double[] points =
        place.turned(0, -1, bend, -0.5, 0.75 * bend, 0, 0, 0.5, -0.75 * bend, 1, -bend);
    cable(place, points, place.palette().main());
    double[] sleeve = place.turned(0, -0.38, 0.5 * bend, 0.38, -0.5 * bend);
    place.draw(place.palette().edge(), 0.86 * place.half(), path(sleeve, false));
    place.draw(place.palette().accent(), 0.68 * place.half(), path(sleeve, false));
    return Outline.line(points);
  }

  /** Two ends that do not meet, each torn open. */
  private static Outline brokenWire(Place place) {
    double bend = bend(place.rng());
    double[] left = place.turned(0, -1, bend, -0.7, 0.8 * bend, -0.35, 0.35 * bend);
    double[] right = place.turned(0, 0.35, -0.35 * bend, 0.7, -0.8 * bend, 1, -bend);
    cable(place, left, place.palette().main());
    cable(place, right, place.palette().main());
    for (double[] torn :
        new double[][] {
          place.turned(0, -0.12, 0.35 * bend - 0.4, -0.35, 0.35 * bend, -0.12, 0.35 * bend + 0.4),
          place.turned(0, 0.12, -0.35 * bend - 0.4, 0.35, -0.35 * bend, 0.12, 0.4 - 0.35 * bend)
        }) {
      place.draw(place.palette().edge(), 0.36 * place.half(), path(torn, false));
      place.draw(place.palette().accent(), 0.22 * place.half(), path(torn, false));
    }
    return Outline.line(
        new double[] {
          left[0], left[1], left[2], left[3], left[4], left[5],
          right[0], right[1], right[2], right[3], right[4], right[5]
        });
  }

  /** How far the ends of a wire lie above and below its middle; never flat. */
  private static double bend(Rng rng) {
    return rng.between(0.35, 0.75) * (rng.chance(0.5) ? 1 : -1);
  }

  private static void cable(Place place, double[] points, Color colour) {
    Path2D shape = path(points, false);
    place.draw(place.palette().edge(), 0.46 * place.half(), shape);
    place.draw(colour, 0.3 * place.half(), shape);
  }

  private static Outline panel(Place place) {
    place.fillWithEdge(place.palette().main(), place.rect(-1, -0.9, 2, 1.8));
    for (int slit = 0; slit < 4; slit++) {
      place.fill(place.palette().accent(), place.rect(-0.75, -0.66 + 0.38 * slit, 1.5, 0.18));
    }
    return bbox(place, 1, 0.9);
  }

  /** The same outline with nothing in it. */
  private static Outline emptyFrame(Place place) {
    place.fillWithEdge(place.palette().main(), place.rect(-1, -0.9, 2, 1.8));
    place.fill(place.palette().accent(), place.rect(-0.74, -0.64, 1.48, 1.28));
    return bbox(place, 1, 0.9);
  }

  private static Outline box(Place place) {
    place.fillWithEdge(place.palette().main(), place.rect(-1, -0.55, 2, 1.1));
    for (int port = 0; port < 3; port++) {
      place.fill(place.palette().edge(), place.rect(-0.82 + 0.4 * port, -0.25, 0.28, 0.5));
    }
    place.fill(place.palette().accent(), place.circle(0.62, 0, 0.24));
    return bbox(place, 1, 0.55);
  }

  private static Outline bbox(Place place, double x, double y) {
    return Outline.bbox(
        place.cx() - x * place.half(),
        place.cy() - y * place.half(),
        place.cx() + x * place.half(),
        place.cy() + y * place.half());
  }

  private static Path2D path(double[] xy, boolean closed) {
    Path2D path = new Path2D.Double();
    path.moveTo(xy[0], xy[1]);
    for (int i = 2; i < xy.length; i += 2) {
      path.lineTo(xy[i], xy[i + 1]);
    }
    if (closed) {
      path.closePath();
    }
    return path;
  }
}
