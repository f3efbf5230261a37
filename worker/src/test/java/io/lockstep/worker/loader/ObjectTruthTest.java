package io.lockstep.worker.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.Origin;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.worker.config.DetectionSection.Captions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ObjectTruthTest {

  private static final ObjectTruth TRUTH =
      new ObjectTruth(new DetectionConfig(2, 1, 1, 4, List.of("bolt", "nut")), Captions.CLASS);

  private static ImageRecord record(DataObject... objects) {
    return new ImageRecord(
        new Origin(Path.of("a.jsonl"), 3),
        List.of(Path.of("a.png")),
        List.of(objects),
        200,
        100,
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void boxesAreSharesOfThePictureThatTheRecordIsOf() throws Exception {
    assertEquals(
        List.of(new TrueObject(0.25f, 0.5f, 0.1f, 0.4f, 1)),
        TRUTH
            .of(record(new DataObject("nut/rusty", new Geometry.Box(40, 30, 60, 70))))
            .orElseThrow()
            .objects());
  }

  @Test
  void polygonsAndLinesAreTheLeastBoxAroundThem() throws Exception {
    List<Point> corners = List.of(new Point(20, 10), new Point(60, 20), new Point(40, 50));
    Geometry.Polyline level = new Geometry.Polyline(List.of(new Point(0, 50), new Point(100, 50)));
    List<TrueObject> objects =
        TRUTH
            .of(
                record(
                    new DataObject("bolt", new Geometry.Polygon(corners)),
                    new DataObject("nut", level)))
            .orElseThrow()
            .objects();
    assertEquals(new TrueObject(0.2f, 0.3f, 0.2f, 0.4f, 0), objects.getFirst());
    assertEquals(0.01f, objects.getLast().height(), "a line is a pixel thick");
  }

  @Test
  void whatLiesOutsideIsCutOff() throws Exception {
    assertEquals(
        new TrueObject(0.05f, 0.9f, 0.1f, 0.2f, 0),
        TRUTH
            .of(record(new DataObject("bolt", new Geometry.Box(-30, 80, 20, 130))))
            .orElseThrow()
            .objects()
            .getFirst());
  }

  @Test
  void anEmptyPictureIsKnownToBeEmpty() throws Exception {
    assertEquals(List.of(), TRUTH.of(record()).orElseThrow().objects());
  }

  @Test
  void tooManyObjectsAndUnknownCaptionsAreNamed() {
    DataObject bolt = new DataObject("bolt", new Geometry.Box(0, 0, 9, 9));
    SampleException many =
        assertThrows(SampleException.class, () -> TRUTH.of(record(bolt, bolt, bolt)));
    assertTrue(String.valueOf(many.getMessage()).contains("custom.detection.num_queries"));
    SampleException unknown =
        assertThrows(
            SampleException.class,
            () -> TRUTH.of(record(new DataObject("cable", new Geometry.Box(0, 0, 9, 9)))));
    assertTrue(String.valueOf(unknown.getMessage()).contains("'cable'"));
  }
}
