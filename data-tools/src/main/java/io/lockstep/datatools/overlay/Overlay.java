package io.lockstep.datatools.overlay;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.record.DataObject;
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
import java.util.List;

/** Draws a picture enlarged, its annotated objects over it, and lines of text under it. */
public final class Overlay {

  /** How many times wider and higher small pictures are drawn. */
  private static final int ZOOM = 4;

  /** Pictures are enlarged less if they would become wider than this. */
  private static final int WIDEST = 1280;

  /** Pixels between tiled sheets. */
  private static final int GAP = 12;

  private static final float TEXT_SIZE = 17;
  private static final float LABEL_SIZE = 13;
  private static final Color PAPER = Color.WHITE;
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

  /**
   * The notes of a comparison: the truth, and the answer with a tick if it is the very same text.
   */
  public static List<Note> comparison(String truth, String answer) {
    return List.of(
        new Note("truth", truth, Note.Mark.NONE),
        new Note("answer", answer, truth.equals(answer) ? Note.Mark.RIGHT : Note.Mark.WRONG));
  }

  /**
   * Draws an image file and writes the result as PNG; parent folders are made.
   *
   * @param image the picture that the objects belong to
   * @param out where the PNG goes; replaced if it exists
   */
  public void write(Path image, List<DataObject> objects, List<Note> notes, Path out)
      throws IOException {
    ImageDecoder decoder = new ImageDecoder(DecodeLimits.DEFAULT);
    BufferedImage picture = PngFile.buffered(decoder.decode(new ImageSource.File(image)));
    write(draw(picture, objects, notes), out);
  }

  /** Several sheets in rows of a larger one. */
  public static BufferedImage tiled(List<BufferedImage> sheets, int columns) {
    int width = sheets.stream().mapToInt(BufferedImage::getWidth).max().orElse(1) + GAP;
    int height = sheets.stream().mapToInt(BufferedImage::getHeight).max().orElse(1) + GAP;
    int rows = Math.ceilDiv(sheets.size(), columns);
    BufferedImage sheet =
        new BufferedImage(
            width * Math.min(columns, sheets.size()) + GAP,
            height * rows + GAP,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = pen(sheet);
    try {
      g.setColor(PAPER);
      g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
      for (int i = 0; i < sheets.size(); i++) {
        g.drawImage(sheets.get(i), GAP + i % columns * width, GAP + i / columns * height, null);
      }
    } finally {
      g.dispose();
    }
    return sheet;
  }

  /** Writes a sheet as PNG; parent folders are made. */
  public static void write(BufferedImage sheet, Path out) throws IOException {
    Path parent = out.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    FileWrites.bytes(out, PngFile.encode(sheet));
  }

  /** The picture with its objects over it and the notes under it. */
  public BufferedImage draw(BufferedImage picture, List<DataObject> objects, List<Note> notes) {
    return draw(picture, objects, notes, ZOOM);
  }

  /** The same, enlarged at most so many times. */
  public BufferedImage draw(
      BufferedImage picture, List<DataObject> objects, List<Note> notes, int mostZoom) {
    int zoom = StrictMath.clamp(WIDEST / picture.getWidth(), 1, mostZoom);
    int width = picture.getWidth() * zoom;
    int height = picture.getHeight() * zoom;
    NotePanel panel = NotePanel.of(notes, text, width);
    int total = height + panel.height();
    BufferedImage sheet = new BufferedImage(width, total, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = pen(sheet);
    try {
      g.setColor(PAPER);
      g.fillRect(0, 0, width, total);
      g.drawImage(picture, 0, 0, width, height, null);
      for (int i = 0; i < objects.size(); i++) {
        outline(g, objects.get(i), zoom, COLOURS.get(i % COLOURS.size()));
      }
      for (int i = 0; i < objects.size(); i++) {
        label(g, objects.get(i), zoom, width, COLOURS.get(i % COLOURS.size()));
      }
      panel.draw(g, height);
    } finally {
      g.dispose();
    }
    return sheet;
  }

  static Graphics2D pen(BufferedImage image) {
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
}
