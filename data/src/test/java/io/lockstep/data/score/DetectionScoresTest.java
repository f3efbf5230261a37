package io.lockstep.data.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.score.DetectionScores.Detection;
import io.lockstep.data.score.DetectionScores.Image;
import io.lockstep.data.score.DetectionScores.Truth;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DetectionScoresTest {

  private static final Box BOX = new Box(0, 0, 10, 10);

  /** Numbers of pycocotools and scipy, made by tools/make_detection_fixtures.py. */
  @Test
  void equalsTheReferenceOfTheChallenge() throws IOException {
    JsonNode cases;
    try (InputStream in =
        Objects.requireNonNull(DetectionScoresTest.class.getResourceAsStream("detections.json"))) {
      cases = new JsonMapper().readTree(in);
    }
    assertEquals(5, cases.size());
    for (JsonNode each : cases) {
      String name = each.get("name").textValue();
      DetectionScores scores = DetectionScores.of(images(each.get("images")));
      assertEquals(each.get("ap50").doubleValue(), scores.ap50(), 1e-12, name);
      assertEquals(each.get("ap5095").doubleValue(), scores.ap5095(), 1e-12, name);
      assertEquals(each.get("mean_iou").doubleValue(), scores.meanIou(), 1e-12, name);
    }
  }

  @Test
  void aSureMistakeHalvesThePrecisionOfWhatComesAfterIt() {
    Truth truth = new Truth(BOX, 3);
    Detection right = new Detection(BOX, 0.6, 3);
    Detection sure = new Detection(new Box(20, 20, 30, 30), 0.9, 3);
    assertEquals(1, scores(List.of(right), List.of(truth)).ap50(), 1e-12);
    assertEquals(0.5, scores(List.of(right, sure), List.of(truth)).ap50(), 1e-12);
    assertEquals(1, scores(List.of(right, sure), List.of(truth)).meanIou(), 1e-12);
  }

  @Test
  void aBoxIsFoundUpToTheThresholdThatItsOverlapReaches() {
    // 10 x 7 of 10 x 10: an IoU of 0.7, right at 0.50, 0.55, 0.60, 0.65 and 0.70.
    List<Detection> detections = List.of(new Detection(new Box(0, 0, 10, 7), 0.5, 0));
    DetectionScores scores = scores(detections, List.of(new Truth(BOX, 0)));
    assertEquals(1, scores.ap50(), 1e-12);
    assertEquals(0.5, scores.ap5095(), 1e-12);
    assertEquals(0.7, scores.meanIou(), 1e-12);
  }

  @Test
  void otherClassesNeitherMatchNorCountWithoutTruths() {
    List<Detection> detections = List.of(new Detection(BOX, 0.9, 1), new Detection(BOX, 0.8, 0));
    assertEquals(1, scores(detections, List.of(new Truth(BOX, 0))).ap50(), 1e-12);
    assertEquals(0, scores(detections, List.of(new Truth(BOX, 2))).ap50(), 1e-12);
    DetectionScores none = scores(detections, List.of());
    assertTrue(Double.isNaN(none.ap50()) && Double.isNaN(none.meanIou()));
    assertEquals(2, none.detections());
  }

  @Test
  void whatIsNoBoxIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Truth(new Box(Double.NaN, 0, 1, 1), 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Truth(new Box(0, 0, Double.POSITIVE_INFINITY, 1), 0));
    assertThrows(IllegalArgumentException.class, () -> new Truth(new Box(2, 0, 1, 1), 0));
    assertThrows(IllegalArgumentException.class, () -> new Detection(BOX, Double.NaN, 0));
  }

  private static DetectionScores scores(List<Detection> detections, List<Truth> truths) {
    return DetectionScores.of(List.of(new Image(detections, truths)));
  }

  private static List<Image> images(JsonNode images) {
    List<Image> read = new ArrayList<>();
    for (JsonNode image : images) {
      List<Detection> detections = new ArrayList<>();
      for (JsonNode d : image.get("detections")) {
        detections.add(new Detection(box(d), d.get(4).doubleValue(), d.get(5).intValue()));
      }
      List<Truth> truths = new ArrayList<>();
      for (JsonNode t : image.get("truths")) {
        truths.add(new Truth(box(t), t.get(4).intValue()));
      }
      read.add(new Image(detections, truths));
    }
    return read;
  }

  private static Box box(JsonNode numbers) {
    return new Box(
        numbers.get(0).doubleValue(),
        numbers.get(1).doubleValue(),
        numbers.get(2).doubleValue(),
        numbers.get(3).doubleValue());
  }
}
