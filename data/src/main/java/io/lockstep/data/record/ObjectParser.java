package io.lockstep.data.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.geometry.CanonicalPolygon;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads annotated objects and reports what is wrong with each. */
final class ObjectParser {

  private static final String DESC = "desc";
  private static final String BOX = "bbox_2d";
  private static final String POLYGON = "poly";
  private static final String LINE = "line";
  private static final List<String> GEOMETRIES = List.of(BOX, POLYGON, LINE);
  private static final String POINTS_SUFFIX = "_points";
  private static final Set<String> KEYS =
      Set.of(DESC, BOX, POLYGON, POLYGON + POINTS_SUFFIX, LINE, LINE + POINTS_SUFFIX);

  /** How far, in pixels, a coordinate may lie outside of the picture. */
  private static final double TOLERANCE = 1;

  private final Findings findings;
  private final double maxX;
  private final double maxY;

  /** Width and height may be unknown when they are themselves wrong: infinity then. */
  ObjectParser(Findings findings, double width, double height) {
    this.findings = findings;
    this.maxX = width + TOLERANCE;
    this.maxY = height + TOLERANCE;
  }

  List<DataObject> parse(JsonNode objects) {
    List<DataObject> parsed = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      DataObject object = parse(objects.get(i), "objects[" + i + "]");
      if (object != null) {
        parsed.add(object);
      }
    }
    return parsed;
  }

  private @Nullable DataObject parse(JsonNode object, String field) {
    if (!object.isObject()) {
      findings.add(field, "must be a JSON object");
      return null;
    }
    findings.refuseUnknownKeys(object, field + ".", KEYS);
    String desc = desc(object.get(DESC), field + "." + DESC);
    Geometry geometry = geometry(object, field);
    return desc == null || geometry == null ? null : new DataObject(desc, geometry);
  }

  private @Nullable String desc(@Nullable JsonNode value, String field) {
    if (value == null || !value.isTextual()) {
      findings.add(field, value == null ? "is missing" : "must be a string");
      return null;
    }
    Description.problem(value.textValue()).ifPresent(what -> findings.add(field, what));
    return value.textValue();
  }

  private @Nullable Geometry geometry(JsonNode object, String field) {
    List<String> present = GEOMETRIES.stream().filter(object::has).toList();
    if (present.size() != 1) {
      findings.add(
          field,
          present.isEmpty()
              ? "has no geometry; give exactly one of " + GEOMETRIES
              : "has more than one geometry " + present + "; give exactly one");
      return null;
    }
    String kind = present.getFirst();
    refusePointCountsOfOthers(object, kind, field);
    return switch (kind) {
      case BOX -> box(object, field);
      case POLYGON -> polygon(object, field);
      default -> points(object, LINE, 2, field, Function.identity(), Polyline::new);
    };
  }

  private void refusePointCountsOfOthers(JsonNode object, String kind, String field) {
    for (String other : List.of(POLYGON, LINE)) {
      if (!other.equals(kind) && object.has(other + POINTS_SUFFIX)) {
        findings.add(
            field + "." + other + POINTS_SUFFIX, "belongs to " + other + ", which is not here");
      }
    }
  }

  private @Nullable Geometry box(JsonNode object, String field) {
    String boxField = field + "." + BOX;
    List<Point> corners = coordinates(object.path(BOX), boxField);
    if (corners == null) {
      return null;
    }
    if (corners.size() != 2) {
      findings.add(boxField, "needs 4 numbers [x1, y1, x2, y2], has " + corners.size() * 2);
      return null;
    }
    Point topLeft = corners.getFirst();
    Point bottomRight = corners.getLast();
    if (topLeft.x() > bottomRight.x() || topLeft.y() > bottomRight.y()) {
      findings.add(
          boxField, "is inverted; give the top-left corner first, then the bottom-right one");
      return null;
    }
    return new Box(topLeft.x(), topLeft.y(), bottomRight.x(), bottomRight.y());
  }

  private @Nullable Geometry polygon(JsonNode object, String field) {
    return points(
        object,
        POLYGON,
        3,
        field,
        CanonicalPolygon::withoutClosingPoint,
        points -> new Polygon(points).canonical());
  }

  private @Nullable Geometry points(
      JsonNode object,
      String kind,
      int least,
      String field,
      Function<List<Point>, List<Point>> cleaning,
      Function<List<Point>, Geometry> constructor) {
    List<Point> points = coordinates(object.path(kind), field + "." + kind);
    if (points == null) {
      return null;
    }
    checkPointCount(object.get(kind + POINTS_SUFFIX), points.size(), field, kind);
    List<Point> cleaned = cleaning.apply(points);
    if (cleaned.size() < least) {
      findings.add(
          field + "." + kind,
          "needs at least " + least + " different points, has " + cleaned.size());
      return null;
    }
    return constructor.apply(cleaned);
  }

  private void checkPointCount(@Nullable JsonNode count, int points, String field, String kind) {
    if (count != null && !(count.isIntegralNumber() && count.longValue() == points)) {
      findings.add(
          field + "." + kind + POINTS_SUFFIX,
          "is " + count + ", but " + kind + " has " + points + " points");
    }
  }

  /** The points of a flat list [x1, y1, x2, y2, ...], or null after reporting what is wrong. */
  private @Nullable List<Point> coordinates(JsonNode list, String field) {
    if (!list.isArray()) {
      findings.add(field, "must be a flat list of numbers [x1, y1, ...]");
      return null;
    }
    if (list.size() % 2 != 0) {
      findings.add(field, "has an odd number of coordinates (" + list.size() + ")");
      return null;
    }
    List<Point> points = new ArrayList<>(list.size() / 2);
    boolean good = true;
    for (int i = 0; i < list.size(); i += 2) {
      boolean goodX = isGood(list.get(i), i, maxX, "width", field);
      boolean goodY = isGood(list.get(i + 1), i + 1, maxY, "height", field);
      good = good && goodX && goodY;
      points.add(new Point(list.get(i).doubleValue(), list.get(i + 1).doubleValue()));
    }
    return good ? points : null;
  }

  private boolean isGood(JsonNode value, int index, double max, String extent, String field) {
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      findings.add(field, "coordinate " + index + " must be a finite number, is " + value);
      return false;
    }
    if (value.doubleValue() < -TOLERANCE || value.doubleValue() > max) {
      findings.add(
          field,
          "coordinate "
              + index
              + " ("
              + value
              + ") lies more than a pixel outside of the picture's "
              + extent);
      return false;
    }
    return true;
  }
}
