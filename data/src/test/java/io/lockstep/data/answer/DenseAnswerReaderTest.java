package io.lockstep.data.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.answer.DenseReading.Parsed;
import io.lockstep.data.answer.DenseReading.Unparseable;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DenseAnswerReaderTest {

  private static final DenseAnswerReader READER =
      new DenseAnswerReader(CoordinateRange.THOUSANDTHS);

  private static final String BOX =
      "{\"object_1\": {\"desc\": \"a \\\"b\\\"\", \"bbox_2d\": [0, 2, 1000, 4]}";

  @Test
  void readsEveryKindOfPlace() {
    String answer =
        BOX
            + ", \"object_2\": {\"desc\": \"p\", \"poly\": [[1, 2], [3, 4], [5, 0]]},"
            + " \"object_3\": {\"desc\": \"l\", \"line_points\": 2, \"line\": [[1, 2], [3, 4]]}}\n";
    assertEquals(
        new Parsed(
            List.of(
                new AnsweredObject("a \"b\"", new Box(0, 2, 1000, 4)),
                new AnsweredObject(
                    "p", new Polygon(List.of(new Point(1, 2), new Point(3, 4), new Point(5, 0)))),
                new AnsweredObject("l", new Polyline(List.of(new Point(1, 2), new Point(3, 4)))))),
        READER.read(answer));
    assertEquals(new Parsed(List.of()), READER.read("{}"));
  }

  @Test
  void placesBecomePixelsByTheUnitOfTheAnswer() {
    AnsweredObject half =
        new AnsweredObject("a", new Box(500, 0, 1000, 250))
            .inPixels(CoordinateRange.THOUSANDTHS, 640, 480);
    assertEquals(new Box(320, 0, 640, 120), half.geometry());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "A cat.                                        | is no JSON",
        "[]                                            | must be one JSON object",
        "{'object_1': 5}                               | object_1: must be a JSON object",
        "{'object_2': {}}                              | 'object_2' stands in its place",
        "{'object_1': {'desc': 'a'}}                   | needs one of",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3, 4], 'line': [[1, 2], [3, 4]]}} | [bbox_2d, line]",
        "{'object_1': {'desc': ' ', 'bbox_2d': [1, 2, 3, 4]}} | not blank",
        "{'object_1': {'bbox_2d': [1, 2, 3, 4]}}       | needs a desc",
        "{'object_1': {'desc': 'a', 'desc': 'b', 'bbox_2d': [1, 2, 3, 4]}} | Duplicate",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3]}} | four numbers",
        "{'object_1': {'desc': 'a', 'bbox_2d': [3, 2, 1, 4]}} | inverted",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3, 1001]}} | from 0 to 1000",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3, -1]}} | from 0 to 1000",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3, 4.5]}} | whole number",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3, '4']}} | whole number",
        "{'object_1': {'desc': 'a', 'poly': [[1, 2], [3, 4]]}} | at least 3 pairs",
        "{'object_1': {'desc': 'a', 'poly': [1, 2, 3, 4, 5, 6]}} | must be pairs",
        "{'object_1': {'desc': 'a', 'line': [[1, 2]]}} | at least 2 pairs",
        "{'object_1': {'desc': 'a', 'line_points': 3, 'line': [[1, 2], [3, 4]]}} | line_points is 3",
        "{'object_1': {'desc': 'a', 'poly_points': 2, 'line': [[1, 2], [3, 4]]}} | poly_points is 2",
        "{'object_1': {'desc': 'a', 'score': 1, 'bbox_2d': [1, 2, 3, 4]}} | unknown key 'score'",
        "{'object_1': {'desc': 'a', 'bbox_2d': [1, 2, 3, 4]}} {} | goes on after",
        "```json {} ```                                | is no JSON",
      })
  void anythingElseIsUnparseableAndSaysWhy(String answer, String reason) {
    String said = unparseable(answer.replace('\'', '"')).reason();
    assertTrue(said.contains(reason.replace('\'', '"')) || said.contains(reason), said);
  }

  @Test
  void whatIsCutOffSaysHowFarItGot() {
    Unparseable cut = unparseable(BOX + ", \"object_2\": {\"desc\": \"b\", \"bbox_2d\": [1, 2");
    assertEquals(1, cut.complete().size());
    assertEquals("object_2: the answer ends in the middle", cut.reason());
    assertEquals(1, unparseable(BOX).complete().size());
    assertEquals(0, unparseable("").complete().size());
    for (int end = 0; end < BOX.length(); end++) {
      assertEquals(0, unparseable(BOX.substring(0, end)).complete().size(), BOX.substring(0, end));
    }
  }

  @Test
  void endlessNestingIsNoProgrammingError() {
    assertTrue(unparseable("{\"object_1\": " + "[".repeat(100_000)).reason().contains("object_1"));
  }

  private static Unparseable unparseable(String answer) {
    return assertInstanceOf(Unparseable.class, READER.read(answer));
  }
}
