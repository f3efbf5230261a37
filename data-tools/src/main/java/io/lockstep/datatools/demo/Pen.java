package io.lockstep.datatools.demo;

import io.lockstep.data.geometry.Geometry;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/**
 * Paints around the middle of a slot. Lengths and positions are in half-widths of the part unless
 * they say pixels; y grows downwards.
 *
 * @param cx centre in pixels of the picture
 * @param cy centre in pixels of the picture
 * @param half half of the part's width in pixels
 */
record Pen(Graphics2D g, Rng rng, double cx, double cy, double half, Palette palette) {

  private static final BasicStroke EDGE = new BasicStroke(1.4f);

  Rectangle2D rect(double x, double y, double width, double height) {
    return new Rectangle2D.Double(cx + x * half, cy + y * half, width * half, height * half);
  }

  Ellipse2D circle(double x, double y, double radius) {
    return new Ellipse2D.Double(
        cx + (x - radius) * half, cy + (y - radius) * half, 2 * radius * half, 2 * radius * half);
  }

  /** Points turned clockwise around the centre, in pixels. */
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

  /** The box around the centre, from -x to x and from -y to y. */
  Geometry box(double x, double y) {
    return Pixels.box(cx - x * half, cy - y * half, cx + x * half, cy + y * half);
  }

  void fill(Color colour, Shape shape) {
    g.setColor(colour);
    g.fill(shape);
  }

  void draw(Color colour, double width, Shape shape) {
    g.setColor(colour);
    g.setStroke(
        new BasicStroke((float) (width * half), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    g.draw(shape);
  }

  void fillWithEdge(Color colour, Shape shape) {
    fill(colour, shape);
    g.setColor(palette.edge());
    g.setStroke(EDGE);
    g.draw(shape);
  }

  /** A path through points in pixels. */
  static Path2D path(double[] xy, boolean closed) {
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
