package io.lockstep.data.answer;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads dense answers: one JSON object whose keys are {@code object_1}, {@code object_2} and so on,
 * in this order, and nothing around it but blanks.
 *
 * <p>Each value is an object with a text {@code desc} that is not blank and exactly one of {@code
 * bbox_2d} (four numbers, top-left corner first), {@code poly} (at least three pairs) and {@code
 * line} (at least two pairs). {@code poly_points} and {@code line_points} may be left out; given,
 * they are the number of pairs. Coordinates are whole numbers from 0 to the unit's greatest. Keys
 * of an object may stand in any order, blanks anywhere JSON has them; other and repeated keys are
 * refused.
 */
public final class DenseAnswerReader {

  private static final String DESC = "desc";
  private static final String BOX = "bbox_2d";
  private static final String POLYGON = "poly";
  private static final String LINE = "line";
  private static final String COUNT = "_points";
  private static final int BOX_NUMBERS = 4;
  private static final int LEAST_OF_POLYGON = 3;
  private static final int LEAST_OF_LINE = 2;

  private static final Set<String> KEYS =
      Set.of(DESC, BOX, POLYGON, POLYGON + COUNT, LINE, LINE + COUNT);

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final CoordinateRange range;

  /** Reads answers whose coordinates have a unit. */
  public DenseAnswerReader(CoordinateRange range) {
    this.range = range;
  }

  /** Something is not as it should be. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String where, String what) {
      super(where + ": " + what);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /** The objects of an answer, or what is wrong with it. */
  public DenseReading read(String answer) {
    List<AnsweredObject> objects = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(answer)) {
      readAll(parser, objects);
      return new DenseReading.Parsed(objects);
    } catch (Malformed e) {
      return new DenseReading.Unparseable(e.reason(), objects);
    } catch (JsonEOFException e) {
      return new DenseReading.Unparseable(
          "object_%d: the answer ends in the middle".formatted(objects.size() + 1), objects);
    } catch (JsonProcessingException e) {
      return new DenseReading.Unparseable(
          "object_%d: is no JSON%s: %s"
              .formatted(objects.size() + 1, place(e.getLocation()), e.getOriginalMessage()),
          objects);
    } catch (IOException e) {
      throw new UncheckedIOException("a text is read from memory", e);
    }
  }

  private static String place(@Nullable JsonLocation location) {
    return location == null ? "" : " at character " + (location.getCharOffset() + 1);
  }

  private void readAll(JsonParser parser, List<AnsweredObject> objects)
      throws IOException, Malformed {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new Malformed("answer", "must be one JSON object {\"object_1\": {...}, ...}");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String expected = "object_" + (objects.size() + 1);
      String key = parser.currentName();
      if (!expected.equals(key)) {
        throw new Malformed(expected, "is missing, '%s' stands in its place".formatted(key));
      }
      parser.nextToken();
      objects.add(object(expected, JSON.readTree(parser)));
    }
    if (parser.nextToken() != null) {
      throw new Malformed("answer", "goes on after its JSON object");
    }
  }

  private AnsweredObject object(String name, JsonNode object) throws Malformed {
    if (!object.isObject()) {
      throw new Malformed(name, "must be a JSON object");
    }
    List<String> geometries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      String key = field.getKey();
      if (!KEYS.contains(key)) {
        throw new Malformed(name, "has an unknown key '%s'".formatted(key));
      }
      if (!key.equals(DESC) && !key.endsWith(COUNT)) {
        geometries.add(key);
      }
    }
    if (geometries.size() != 1) {
      throw new Malformed(
          name,
          "needs one of bbox_2d, poly and line, has " + geometries.stream().sorted().toList());
    }
    String kind = geometries.getFirst();
    return new AnsweredObject(
        desc(name, object.get(DESC)),
        kind.equals(BOX) ? box(name, object.path(BOX)) : outline(name, kind, object));
  }

  private static String desc(String name, @Nullable JsonNode desc) throws Malformed {
    if (desc == null || !desc.isTextual() || desc.textValue().isBlank()) {
      throw new Malformed(name, "needs a desc that is a text and not blank");
    }
    return desc.textValue();
  }

  private Geometry box(String name, JsonNode numbers) throws Malformed {
    if (!numbers.isArray() || numbers.size() != BOX_NUMBERS) {
      throw new Malformed(name, "bbox_2d must be four numbers [x1, y1, x2, y2]");
    }
    Point first = point(name, numbers.get(0), numbers.get(1));
    Point last = point(name, numbers.get(2), numbers.get(3));
    if (first.x() > last.x() || first.y() > last.y()) {
      throw new Malformed(name, "bbox_2d is inverted: the top-left corner comes first");
    }
    return new Box(first.x(), first.y(), last.x(), last.y());
  }

  private Geometry outline(String name, String kind, JsonNode object) throws Malformed {
    JsonNode pairs = object.path(kind);
    int least = kind.equals(LINE) ? LEAST_OF_LINE : LEAST_OF_POLYGON;
    if (!pairs.isArray() || pairs.size() < least) {
      throw new Malformed(
          name, "%s must be at least %d pairs [[x, y], ...]".formatted(kind, least));
    }
    for (String counted : List.of(POLYGON, LINE)) {
      JsonNode count = object.get(counted + COUNT);
      if (count != null && !(counted.equals(kind) && counts(count, pairs.size()))) {
        throw new Malformed(
            name,
            "%s is %s, but %s has %d pairs".formatted(counted + COUNT, count, kind, pairs.size()));
      }
    }
    List<Point> points = new ArrayList<>();
    for (JsonNode pair : pairs) {
      if (!pair.isArray() || pair.size() != 2) {
        throw new Malformed(name, "%s must be pairs [[x, y], ...]".formatted(kind));
      }
      points.add(point(name, pair.get(0), pair.get(1)));
    }
    return kind.equals(LINE) ? new Polyline(points) : new Polygon(points);
  }

  private static boolean counts(JsonNode count, int pairs) {
    return count.canConvertToInt() && count.isIntegralNumber() && count.intValue() == pairs;
  }

  private Point point(String name, JsonNode x, JsonNode y) throws Malformed {
    return new Point(coordinate(name, "x", x, range.x()), coordinate(name, "y", y, range.y()));
  }

  private static int coordinate(String name, String axis, JsonNode value, int max)
      throws Malformed {
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < 0
        || value.intValue() > max) {
      throw new Malformed(
          name,
          "an %s coordinate is %s; it must be a whole number from 0 to %d"
              .formatted(axis, value, max));
    }
    return value.intValue();
  }
}
