package io.lockstep.data.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.CoordinateRange;
import io.lockstep.data.answer.DenseAnswerReader;
import io.lockstep.data.answer.DenseReading.Parsed;
import io.lockstep.data.conversation.KindText;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.geometry.Shapes;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DenseAnswerTest {

  @Test
  void writesEachGeometryInItsForm() {
    ImageRecord image =
        image(
            object("设备/\"华为\"\\", new Box(0, 0, 100, 50)),
            object("标签", new Polygon(List.of(p(10, 5), p(20, 5), p(20, 10)))),
            object("光纤", new Polyline(List.of(p(30, 40), p(10, 20)))));
    assertEquals(
        "{\"object_1\": {\"desc\": \"设备/\\\"华为\\\"\\\\\", \"bbox_2d\": [0, 0, 500, 500]}, "
            + "\"object_2\": {\"desc\": \"标签\", \"poly\": [[50, 50], [100, 50], [100, 100]]}, "
            + "\"object_3\": {\"desc\": \"光纤\", \"line_points\": 2,"
            + " \"line\": [[150, 400], [50, 200]]}}",
        DenseAnswer.of(image, EmitNorm.NORM1000));
  }

  @Test
  void tellsDescriptionsCoordinatesAndFormatApart() {
    ImageRecord image =
        image(
            object("设备/\"华为\"", new Box(0, 0, 100, 50)),
            object("光纤", new Polyline(List.of(p(30, 40), p(10, 20)))));
    KindText line = DenseAnswer.withKinds(image, EmitNorm.NORM1000);
    assertEquals(DenseAnswer.of(image, EmitNorm.NORM1000), line.text());
    assertEquals(List.of("设备/\\\"华为\\\"", "光纤"), pieces(line, TokenKind.DESC));
    assertEquals(
        List.of("0", "0", "500", "500", "150", "400", "50", "200"), pieces(line, TokenKind.COORD));
    assertEquals(
        List.of(
            "{\"object_1\": {\"desc\": \"",
            "\", \"bbox_2d\": [",
            ", ",
            ", ",
            ", ",
            "]}, \"object_2\": {\"desc\": \"",
            "\", \"line_points\": 2, \"line\": [[",
            ", ",
            "], [",
            ", ",
            "]]}}"),
        pieces(line, TokenKind.FORMAT));
  }

  private static List<String> pieces(KindText line, TokenKind kind) {
    return line.spans().stream()
        .filter(span -> span.kind() == kind)
        .map(span -> line.text().substring(span.start(), span.end()))
        .toList();
  }

  @Test
  void sortsTopToBottomThenLeftToRightByAnchor() {
    ImageRecord image =
        image(
            object("e", new Box(0, 60, 9, 99)),
            object("c", new Polyline(List.of(p(90, 0), p(30, 10)))),
            object("d", new Polygon(List.of(p(40, 10), p(60, 20), p(0, 90)))),
            object("b", new Box(5, 10, 6, 11)),
            object("a", new Box(50, 9, 60, 20)),
            object("b2", new Box(5, 10, 99, 99)));
    assertEquals(
        List.of("a", "b", "b2", "c", "d", "e"),
        Pattern.compile("\"desc\": \"(\\w+)\"")
            .matcher(DenseAnswer.of(image, EmitNorm.NONE))
            .results()
            .map(match -> match.group(1))
            .toList());
  }

  @Test
  void noObjectsGiveAnEmptyObject() {
    assertEquals("{}", DenseAnswer.of(image(), EmitNorm.NORM1000));
  }

  @ParameterizedTest
  @CsvSource({
    "norm1000, 0, 640, 0",
    "norm1000, 640, 640, 1000",
    "norm1000, 641, 640, 1000",
    "norm1000, -1, 640, 0",
    "norm1000, 321, 640, 502",
    "norm1000, 1, 16, 62",
    "norm1000, 3, 16, 188",
    "norm100, 321, 640, 50",
    "norm100, 1, 8, 12",
    "none, 321, 640, 321",
    "none, 2.5, 640, 2",
    "none, 3.5, 640, 4",
    "none, 641, 640, 640",
    "none, -1, 640, 0"
  })
  void roundsHalvesToEvenAndClamps(String norm, double value, int size, int expected) {
    assertEquals(expected, EmitNorm.of(norm).emit(value, size));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadBackWithinHalfAUnit(EmitNorm norm) {
    SplittableRandom random = new SplittableRandom(3);
    Frame frame = new Frame(200, 100);
    CoordinateRange range = norm.range(frame.width(), frame.height());
    double half = 0.5 * Math.max(200.0 / range.x(), 100.0 / range.y()) + 1e-9;
    for (int i = 0; i < 500; i++) {
      DataObject object = object("a \"" + i + "\"", Shapes.any(random, frame, 1));
      String answer = DenseAnswer.of(image(object), norm);
      Parsed parsed =
          assertInstanceOf(Parsed.class, new DenseAnswerReader(range).read(answer), answer);
      AnsweredObject read = parsed.objects().getFirst().inPixels(range, 200, 100);
      assertEquals(object.desc(), read.desc());
      List<Point> points = object.geometry().points();
      for (int p = 0; p < points.size(); p++) {
        assertEquals(points.get(p).x(), read.geometry().points().get(p).x(), half, answer);
        assertEquals(points.get(p).y(), read.geometry().points().get(p).y(), half, answer);
      }
    }
  }

  @Test
  void unknownUnitsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> EmitNorm.of("norm10"));
  }

  private static Point p(double x, double y) {
    return new Point(x, y);
  }

  private static DataObject object(String desc, Geometry geometry) {
    return new DataObject(desc, geometry);
  }

  private static ImageRecord image(DataObject... objects) {
    return new ImageRecord(
        new Origin(Path.of("d.jsonl"), 1),
        List.of(Path.of("a.png")),
        List.of(objects),
        200,
        100,
        Optional.empty(),
        Optional.empty());
  }
}
