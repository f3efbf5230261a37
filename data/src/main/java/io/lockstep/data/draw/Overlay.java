package io.lockstep.data.draw;

import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Geometry;
import io.lockstep.data.record.Point;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Draws a picture enlarged, its annotated objects over it, and lines of text under it. */
public final class Overlay {

  /** How many times wider and higher small pictures are drawn. */
  private static final int ZOOM = 4;

  /** Pictures are enlarged less if they would become wider than this. */
  private static final int WIDEST = 1280;

  private static final int MARGIN = 10;
  private static final float TEXT_SIZE = 17;
  private static final float LABEL_SIZE = 13;
  private static final Color PAPER = Color.WHITE;
  private static final Color TEXT = new Color(30, 30, 30);
  private static final Color GOOD = new Color(20, 140, 60);
  private static final Color BAD = new Color(200, 30, 30);
  private static final List<Color> COLOURS =
      List.of(
          new Color(0xFF4D4D),
          new Color(0x35D07F),
          new Color(0x4DA3FF),
          new Color(0xFFC533),
          new Color(0xE06BFF),
          new Color(0x2EE6E6));

  private final Fonts text;
  private final Fonts labels;

  private Overlay(Fonts text, Fonts labels) {
    this.text = text;
    this.labels = labels;
  }

  /** Loads the fonts. */
  public static Overlay create() throws IOException {
    return new Overlay(Fonts.load(TEXT_SIZE), Fonts.load(LABEL_SIZE));
  }

  /** How a line of text under the picture is marked. */
  public enum Mark {
    NONE(TEXT),
    /** A green tick. */
    RIGHT(GOOD),
    /** A red cross. */
    WRONG(BAD);

    private final Color colour;

    Mark(Color colour) {
      this.colour = colour;
    }
  }

  /**
   * A paragraph under the picture.
   *
   * @param title stands before it, for instance {@code truth}
   */
  public record Note(String title, String text, Mark mark) {}

  /**
   * The notes of a comparison: the truth, and the answer with a tick if it is the very same text.
   */
  public static List<Note> comparison(String truth, String answer) {
    return List.of(
        new Note("truth", truth, Mark.NONE),
        new Note("answer", answer, truth.equals(answer) ? Mark.RIGHT : Mark.WRONG));
  }

  /**
   * Draws an image file and writes the result as PNG; parent folders are made.
   *
   * @param image the picture that the objects belong to
   * @param out where the PNG goes; replaced if it exists
   */
  public void write(Path image, List<DataObject> objects, List<Note> notes, Path out)
      throws IOException {
    BufferedImage picture = ImageIO.read(image.toFile());
    if (picture == null) {
      throw new IOException(image + ": is not a picture; give a PNG or JPEG file");
    }
    Path parent = out.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (!ImageIO.write(draw(picture, objects, notes), "png", out.toFile())) {
      throw new IOException("this Java runtime has no PNG writer; use a full JDK 25");
    }
  }

  /** The picture with its objects over it and the notes under it. */
  public BufferedImage draw(BufferedImage picture, List<DataObject> objects, List<Note> notes) {
    int zoom = StrictMath.clamp(WIDEST / picture.getWidth(), 1, ZOOM);
    int width = picture.getWidth() * zoom;
    int height = picture.getHeight() * zoom;
    List<Line> lines = wrap(notes, width - 2 * MARGIN);
    int panel = lines.isEmpty() ? 0 : lines.size() * text.lineHeight() + 2 * MARGIN;
    BufferedImage sheet = new BufferedImage(width, height + panel, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = pen(sheet);
    try {
      g.setColor(PAPER);
      g.fillRect(0, 0, width, height + panel);
      g.drawImage(picture, 0, 0, width, height, null);
      for (int i = 0; i < objects.size(); i++) {
        outline(g, objects.get(i), zoom, COLOURS.get(i % COLOURS.size()));
      }
      for (int i = 0; i < objects.size(); i++) {
        label(g, objects.get(i), zoom, width, COLOURS.get(i % COLOURS.size()));
      }
      int y = height + MARGIN;
      for (Line line : lines) {
        y += text.lineHeight();
        line(g, line, y - text.lineHeight() / 3);
      }
    } finally {
      g.dispose();
    }
    return sheet;
  }

  private static Graphics2D pen(BufferedImage image) {
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
    return g;
  }

  private static void outline(Graphics2D g, DataObject object, int zoom, Color colour) {
    Shape shape = shape(object.geometry(), zoom);
    g.setColor(Color.BLACK);
    g.setStroke(new BasicStroke(4));
    g.draw(shape);
    g.setColor(colour);
    g.setStroke(new BasicStroke(2));
    g.draw(shape);
  }

  private static Shape shape(Geometry geometry, int zoom) {
    return switch (geometry) {
      case Geometry.Box(double x1, double y1, double x2, double y2) ->
          new Rectangle2D.Double(x1 * zoom, y1 * zoom, (x2 - x1) * zoom, (y2 - y1) * zoom);
      case Geometry.Polygon(List<Point> points) -> path(points, zoom, true);
      case Geometry.Polyline(List<Point> points) -> path(points, zoom, false);
    };
  }

  private static Path2D path(List<Point> points, int zoom, boolean closed) {
    Path2D path = new Path2D.Double();
    path.moveTo(points.getFirst().x() * zoom, points.getFirst().y() * zoom);
    points.stream().skip(1).forEach(point -> path.lineTo(point.x() * zoom, point.y() * zoom));
    if (closed) {
      path.closePath();
    }
    return path;
  }

  /**
   * The description on a dark strip along the top of the object, moved into the picture where it
   * would leave it.
   */
  private void label(Graphics2D g, DataObject object, int zoom, int width, Color colour) {
    Rectangle2D bounds = shape(object.geometry(), zoom).getBounds2D();
    int textWidth = labels.width(g, object.desc()) + 6;
    int height = labels.lineHeight();
    int x = (int) StrictMath.max(0, StrictMath.min(bounds.getX(), width - textWidth));
    int y = (int) StrictMath.max(0, bounds.getY() - height);
    g.setColor(new Color(0, 0, 0, 190));
    g.fillRect(x, y, textWidth, height);
    g.setColor(colour);
    labels.draw(g, object.desc(), x + 3, y + height - height / 3);
  }

  /** A line of a wrapped note; only its last line carries the mark. */
  private record Line(String text, Color colour, Mark mark) {}

  private List<Line> wrap(List<Note> notes, int width) {
    BufferedImage scratch = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = pen(scratch);
    try {
      List<Line> lines = new ArrayList<>();
      for (Note note : notes) {
        List<String> wrapped = wrap(g, note.title() + ": " + note.text(), width - MARGIN * 2);
        for (int i = 0; i < wrapped.size(); i++) {
          boolean last = i == wrapped.size() - 1;
          lines.add(new Line(wrapped.get(i), note.mark().colour, last ? note.mark() : Mark.NONE));
        }
      }
      return lines;
    } finally {
      g.dispose();
    }
  }

  /** Breaks after any character, as Chinese does, and at line breaks. */
  private List<String> wrap(Graphics2D g, String paragraph, int width) {
    List<String> lines = new ArrayList<>();
    for (String part : paragraph.split("\\R", -1)) {
      StringBuilder line = new StringBuilder();
      for (int codePoint : part.codePoints().toArray()) {
        String next = Character.toString(codePoint);
        if (text.width(g, line + next) > width && !line.isEmpty()) {
          lines.add(line.toString());
          line.setLength(0);
        }
        line.append(next);
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private void line(Graphics2D g, Line line, int y) {
    g.setColor(line.colour());
    text.draw(g, line.text(), MARGIN, y);
    int x = MARGIN + text.width(g, line.text()) + 8;
    g.setStroke(new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    switch (line.mark()) {
      case NONE -> {}
      case RIGHT -> {
        g.drawLine(x, y - 6, x + 4, y - 1);
        g.drawLine(x + 4, y - 1, x + 12, y - 12);
      }
      case WRONG -> {
        g.drawLine(x, y - 11, x + 10, y - 1);
        g.drawLine(x, y - 1, x + 10, y - 11);
      }
    }
  }
}
