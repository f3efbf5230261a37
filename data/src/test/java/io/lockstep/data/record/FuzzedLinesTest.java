package io.lockstep.data.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lines that were changed at random are refused with a reason or are what the contract says. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FuzzedLinesTest {

  private static final int LINES = Integer.getInteger("data.fuzz.lines", 8000);
  private static final Set<String> GEOMETRIES = Set.of("bbox_2d", "poly", "line");
  private static final JsonFactory JSON =
      new ObjectMapper()
          .getFactory()
          .rebuild()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private static final List<String> GOOD =
      List.of(
          "{\"images\": [\"a b/图.png\"], \"objects\": [{\"desc\": \"BBU设备/品牌:华为\","
              + " \"bbox_2d\": [1, 2.5, 30, 40]}, {\"desc\": \"标签\", \"poly\": [1, 1, 9, 1, 9, 9],"
              + " \"poly_points\": 3}, {\"desc\": \"线\", \"line\": [0, 0, 5.25, 7, 9, 9]}],"
              + " \"width\": 64, \"height\": 48, \"summary\": \"标签×1\", \"metadata\": {\"a\": [1]}}",
          "{\"images\": [\"p.jpg\"], \"objects\": [{\"desc\": \"x\", \"line\": [0, 0, 64, 48],"
              + " \"line_points\": 2}], \"width\": 64, \"height\": 48}",
          "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\","
              + " \"content\": [{\"type\": \"image\", \"image\": \"a.png\"}, {\"type\": \"text\","
              + " \"text\": \"q\"}]}, {\"role\": \"assistant\", \"content\": \"a\"}]}");

  private static final List<String> PIECES =
      List.of(
          "NaN",
          "-Infinity",
          "1e999",
          "-1",
          "null",
          "[]",
          "{}",
          "\"\"",
          "\"bbox_2d\": [1,1,2,2],",
          "\"poly\": [1,1,2,2,3,1],",
          "\"line\": [1,1,2,2],",
          "\"obb\": [1],",
          "\"desc\": \"y\",",
          "\\u0000",
          "\\ud800",
          "../",
          "/",
          ", ",
          "\t",
          "[[[[",
          "]",
          "{",
          "}",
          "\"",
          "0.0000001",
          "9223372036854775808",
          "true",
          "\u2028",
          "\"width\": 3,");

  @TempDir private Path folder;

  @Test
  void noChangedLineIsTakenForWhatItIsNot() throws IOException {
    Random random = new Random(20_261_121);
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (int i = 0; i < LINES; i++) {
      byte[] line = GOOD.get(i % GOOD.size()).getBytes(StandardCharsets.UTF_8);
      int changes = i < GOOD.size() ? 0 : 1 + random.nextInt(3);
      for (int change = 0; change < changes; change++) {
        line = changed(line, random);
      }
      lines.writeBytes(line);
      lines.write('\n');
    }
    Path path = Files.write(folder.resolve("fuzz.jsonl"), lines.toByteArray());
    long accepted = 0;
    try (JsonlFile file = JsonlFile.openToCheck(path)) {
      assertEquals(LINES, file.size());
      for (long i = 0; i < file.size(); i++) {
        accepted += isAccepted(file, i) ? 1 : 0;
      }
    }
    assertTrue(accepted >= GOOD.size(), "good lines were refused");
    assertTrue(accepted < LINES / 2, accepted + " of " + LINES + " lines were accepted");
  }

  private static boolean isAccepted(JsonlFile file, long index) throws IOException {
    DataRecord record;
    try {
      record = RecordReader.read(file, index);
    } catch (DataException refused) {
      assertTrue(!refused.problems().isEmpty(), "refused without a reason");
      return false;
    }
    String line = file.line(index);
    if (record instanceof ImageRecord image) {
      assertEquals(image.objects().size(), geometries(line), line);
      for (DataObject object : image.objects()) {
        assertTrue(Description.problem(object.desc()).isEmpty(), line);
        assertInside(object.geometry(), image, line);
      }
      for (Path picture : image.images()) {
        assertTrue(picture.normalize().startsWith(file.path().resolveSibling("")), line);
      }
    }
    return true;
  }

  /** Fields that state a geometry of an object, counted without any of the reader's code. */
  private static int geometries(String line) throws IOException {
    int count = 0;
    int depth = 0;
    boolean inObjects = false;
    try (JsonParser parser = JSON.createParser(line)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_OBJECT, START_ARRAY -> depth++;
          case END_OBJECT, END_ARRAY -> depth--;
          case FIELD_NAME -> {
            inObjects = depth == 1 ? parser.currentName().equals("objects") : inObjects;
            count += inObjects && depth == 3 && GEOMETRIES.contains(parser.currentName()) ? 1 : 0;
          }
          default -> {}
        }
      }
    }
    return count;
  }

  private static void assertInside(Geometry geometry, ImageRecord image, String line) {
    List<Point> points =
        switch (geometry) {
          case Geometry.Box box -> {
            assertTrue(box.x1() <= box.x2() && box.y1() <= box.y2(), line);
            yield List.of(new Point(box.x1(), box.y1()), new Point(box.x2(), box.y2()));
          }
          case Geometry.Polygon polygon -> {
            assertTrue(polygon.points().size() >= 3, line);
            yield polygon.points();
          }
          case Geometry.Polyline run -> {
            assertTrue(run.points().size() >= 2, line);
            yield run.points();
          }
        };
    for (Point point : points) {
      assertTrue(point.x() >= -1 && point.x() <= image.width() + 1, line);
      assertTrue(point.y() >= -1 && point.y() <= image.height() + 1, line);
    }
  }

  private static byte[] changed(byte[] line, Random random) {
    int at = random.nextInt(line.length);
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] copy = line.clone();
        copy[at] = notNewline((byte) random.nextInt(256));
        yield copy;
      }
      case 1 -> spliced(line, at, Math.min(line.length, at + random.nextInt(12)), new byte[0]);
      case 2 ->
          spliced(
              line,
              at,
              at,
              PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      case 3 -> {
        // Behind a brace, so that the line may well stay JSON: another geometry, another field.
        int brace = nextBrace(line, at);
        yield spliced(
            line,
            brace,
            brace,
            PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.UTF_8));
      }
      default -> {
        int from = random.nextInt(line.length);
        int to = Math.min(line.length, from + random.nextInt(40));
        yield spliced(line, at, at, Arrays.copyOfRange(line, from, to));
      }
    };
  }

  private static int nextBrace(byte[] line, int from) {
    for (int i = 0; i < line.length; i++) {
      int at = (from + i) % line.length;
      if (line[at] == '{') {
        return at + 1;
      }
    }
    return from;
  }

  private static byte notNewline(byte value) {
    return value == '\n' ? (byte) ' ' : value;
  }

  private static byte[] spliced(byte[] line, int from, int to, byte[] piece) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(line, 0, from);
    out.writeBytes(piece);
    out.write(line, to, line.length - to);
    // At least a byte, so that another change finds one.
    return out.size() == 0 ? new byte[] {'{'} : out.toByteArray();
  }
}
