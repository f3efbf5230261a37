package io.lockstep.data.dataset;

import io.lockstep.data.conversation.KindText;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import java.util.Comparator;
import java.util.List;

/**
 * Writes the objects of a picture as the one line of JSON that dense mode teaches.
 *
 * <p>{@code {"object_1": {"desc": "...", "bbox_2d": [1, 2, 3, 4]}, "object_2": {"desc": "...",
 * "poly": [[1, 2], ...]}, "object_3": {"desc": "...", "line_points": 2, "line": [[1, 2], [3,
 * 4]]}}}, separated by {@code ", "} and {@code ": "}, nothing escaped that JSON does not demand.
 */
public final class DenseAnswer {

  private static final Comparator<DataObject> READING_ORDER =
      Comparator.comparing(object -> object.geometry().anchor(), Point.TOP_THEN_LEFT);

  private DenseAnswer() {}

  /**
   * The line for a record. Objects stand top to bottom, then left to right, by their geometry's
   * anchor in pixels; objects with the same anchor keep the order of the file.
   */
  public static String of(ImageRecord image, EmitNorm norm) {
    return withKinds(image, norm).text();
  }

  /**
   * The same line with the kinds of its characters: what stands between the quotes of a description
   * as it is escaped, the digits of each coordinate, and all the rest, to which the number of a
   * line's points belongs.
   */
  public static KindText withKinds(ImageRecord image, EmitNorm norm) {
    List<DataObject> sorted = image.objects().stream().sorted(READING_ORDER).toList();
    Line line = new Line(image, norm);
    line.format("{");
    for (int i = 0; i < sorted.size(); i++) {
      line.format((i == 0 ? "" : ", ") + "\"object_" + (i + 1) + "\": {\"desc\": \"");
      line.desc(sorted.get(i).desc());
      line.format("\", ");
      line.geometry(sorted.get(i).geometry());
      line.format("}");
    }
    line.format("}");
    return line.text.build();
  }

  /** A line that is being written. */
  private static final class Line {
    private final ImageRecord image;
    private final EmitNorm norm;
    private final KindText.Builder text = new KindText.Builder();

    Line(ImageRecord image, EmitNorm norm) {
      this.image = image;
      this.norm = norm;
    }

    void format(String piece) {
      text.append(TokenKind.FORMAT, piece);
    }

    /** Descriptions hold no control characters, so that only quotes and backslashes are escaped. */
    void desc(String desc) {
      text.append(TokenKind.DESC, desc.replace("\\", "\\\\").replace("\"", "\\\""));
    }

    void geometry(Geometry geometry) {
      switch (geometry) {
        case Box(double x1, double y1, double x2, double y2) -> {
          format("\"bbox_2d\": [");
          pair(x1, y1);
          format(", ");
          pair(x2, y2);
          format("]");
        }
        case Polygon(List<Point> points) -> {
          format("\"poly\": ");
          pairs(points);
        }
        case Polyline(List<Point> points) -> {
          format("\"line_points\": " + points.size() + ", \"line\": ");
          pairs(points);
        }
      }
    }

    private void pairs(List<Point> points) {
      for (int i = 0; i < points.size(); i++) {
        format(i == 0 ? "[[" : ", [");
        pair(points.get(i).x(), points.get(i).y());
        format("]");
      }
      format("]");
    }

    private void pair(double x, double y) {
      text.append(TokenKind.COORD, String.valueOf(norm.emit(x, image.width())));
      format(", ");
      text.append(TokenKind.COORD, String.valueOf(norm.emit(y, image.height())));
    }
  }
}
