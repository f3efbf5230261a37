package io.lockstep.data.dataset;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

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
    List<DataObject> sorted = image.objects().stream().sorted(READING_ORDER).toList();
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i < sorted.size(); i++) {
      json.append(i == 0 ? "" : ", ").append("\"object_").append(i + 1).append("\": {\"desc\": ");
      appendQuoted(json, sorted.get(i).desc());
      json.append(", ").append(geometry(sorted.get(i).geometry(), image, norm)).append('}');
    }
    return json.append('}').toString();
  }

  private static String geometry(Geometry geometry, ImageRecord image, EmitNorm norm) {
    return switch (geometry) {
      case Box(double x1, double y1, double x2, double y2) ->
          "\"bbox_2d\": [%d, %d, %d, %d]"
              .formatted(
                  norm.emit(x1, image.width()),
                  norm.emit(y1, image.height()),
                  norm.emit(x2, image.width()),
                  norm.emit(y2, image.height()));
      case Polygon(List<Point> points) -> "\"poly\": " + pairs(points, image, norm);
      case Polyline(List<Point> points) ->
          "\"line_points\": " + points.size() + ", \"line\": " + pairs(points, image, norm);
    };
  }

  private static String pairs(List<Point> points, ImageRecord image, EmitNorm norm) {
    return points.stream()
        .map(point ->
            "["
                + norm.emit(point.x(), image.width())
                + ", "
                + norm.emit(point.y(), image.height())
                + "]")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** Descriptions hold no control characters, so that only quotes and backslashes are escaped. */
  private static void appendQuoted(StringBuilder json, String text) {
    json.append('"').append(text.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
  }
}
