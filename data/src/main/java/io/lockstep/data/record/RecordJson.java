package io.lockstep.data.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.util.List;

/** Writes records as the lines that {@link RecordReader} reads. */
public final class RecordJson {

  /** Coordinates are written to a hundredth of a pixel. */
  private static final double HUNDREDTHS = 100;

  private static final JsonMapper JSON = new JsonMapper();

  private RecordJson() {}

  /**
   * The line of a record, without its line break.
   *
   * @param images paths relative to the folder of the JSONL file
   */
  public static String write(ImageRecord record, List<String> images) {
    ObjectNode line = JSON.createObjectNode();
    ArrayNode names = line.putArray("images");
    images.forEach(names::add);
    ArrayNode objects = line.putArray("objects");
    for (DataObject object : record.objects()) {
      geometry(objects.addObject().put("desc", object.desc()), object.geometry());
    }
    line.put("width", record.width()).put("height", record.height());
    record.summary().ifPresent(summary -> line.put("summary", summary));
    try {
      if (record.metadata().isPresent()) {
        line.set("metadata", JSON.readTree(record.metadata().get()));
      }
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of text and numbers is always JSON", e);
    }
  }

  private static void geometry(ObjectNode object, Geometry geometry) {
    switch (geometry) {
      case Box(double x1, double y1, double x2, double y2) ->
          points(object.putArray("bbox_2d"), List.of(new Point(x1, y1), new Point(x2, y2)));
      case Polygon(List<Point> points) -> {
        object.put("poly_points", points.size());
        points(object.putArray("poly"), points);
      }
      case Polyline(List<Point> points) -> {
        object.put("line_points", points.size());
        points(object.putArray("line"), points);
      }
    }
  }

  private static void points(ArrayNode list, List<Point> points) {
    for (Point point : points) {
      number(list, point.x());
      number(list, point.y());
    }
  }

  private static void number(ArrayNode list, double value) {
    double rounded = Math.rint(value * HUNDREDTHS) / HUNDREDTHS;
    if (rounded == Math.rint(rounded)) {
      list.add((long) rounded);
    } else {
      list.add(rounded);
    }
  }
}
