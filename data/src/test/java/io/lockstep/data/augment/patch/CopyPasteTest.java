package io.lockstep.data.augment.patch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.augment.Configs;
import io.lockstep.data.augment.Pipeline;
import io.lockstep.data.augment.PipelineWatch;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.DataObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies of pieces stay inside, hide little, and are what their labels say. */
class CopyPasteTest {

  private static final Progress START = new Progress(0, 10);

  private static Pipeline pipeline(String operator) {
    return new Pipeline(Configs.good("{ops: [%s]}".formatted(operator)));
  }

  private static AnnotatedPicture random(long seed) {
    Random random = new Random(seed);
    int width = 200 + random.nextInt(500);
    int height = 200 + random.nextInt(400);
    byte[] rgb = new byte[width * height * RgbImage.CHANNELS];
    random.nextBytes(rgb);
    List<DataObject> objects = new ArrayList<>();
    for (int i = random.nextInt(12); i >= 0; i--) {
      objects.add(new DataObject("标签/" + i, geometry(random, width, height)));
    }
    return AnnotatedPicture.of(new RgbImage(width, height, rgb), objects);
  }

  private static Geometry geometry(Random random, int width, int height) {
    double x = random.nextDouble() * (width - 20);
    double y = random.nextDouble() * (height - 20);
    double w = 3 + random.nextDouble() * Math.min(90, width - x - 3);
    double h = 3 + random.nextDouble() * Math.min(90, height - y - 3);
    return switch (random.nextInt(4)) {
      case 0 -> new Geometry.Box(x, y, x + w, y + h);
      case 1 ->
          new Geometry.Polygon(
                  List.of(
                      new Point(x + w / 2, y),
                      new Point(x + w, y + h / 3),
                      new Point(x + w * 0.7, y + h),
                      new Point(x, y + h * 0.6)))
              .canonical();
      case 2 ->
          new Geometry.Polyline(
              List.of(new Point(x, y), new Point(x + w, y + h / 2), new Point(x + w / 2, y + h)));
      // Up to a pixel outside, as the contract allows.
      default -> new Geometry.Box(-0.5, y, w, Math.min(height + 1.0, y + h));
    };
  }

  @ParameterizedTest
  @CsvSource({
    "small_object_zoom_paste, mask",
    "small_object_zoom_paste, aabb",
    "object_cluster_copy_paste, mask",
    "line_segment_copy_paste, mask",
  })
  void copiesStayInsideHideLittleAndKeepTheirIdentity(String name, String mode) {
    Pipeline pipeline =
        pipeline(
            ("{\"name\": \"%s\", \"params\": {\"overlap_threshold\": 0.2, \"overlap_mode\": \"%s\","
                    + " \"line_buffer\": 3}}")
                .formatted(name, mode));
    int pasted = 0;
    for (long seed = 0; seed < 400; seed++) {
      AnnotatedPicture in = random(seed);
      List<BarrierResult> results = new ArrayList<>();
      PipelineWatch watch = watch(results);
      SampleKey key = new SampleKey(3, 1, seed);
      AnnotatedPicture out = pipeline.apply(in, key, START, Pipeline.ObjectsMay.CHANGE, watch);
      AnnotatedPicture again = pipeline.apply(in, key, START);
      assertArrayEquals(out.picture().rgb(), again.picture().rgb());
      assertEquals(out.objects(), again.objects());
      assertEquals(in.objects(), out.objects().subList(0, in.objects().size()));
      for (TrackedObject copy : out.objects().subList(in.objects().size(), out.objects().size())) {
        pasted++;
        assertIsACopy(copy, in);
      }
      for (BarrierResult result : results) {
        assertTrue(
            result.coverages().stream().allMatch(share -> share >= 0.8 - 1e-9),
            () -> "hidden: " + result.coverages());
      }
    }
    assertTrue(pasted > 100, "only " + pasted + " objects were pasted");
  }

  private static PipelineWatch watch(List<BarrierResult> results) {
    return new PipelineWatch() {
      @Override
      public void timed(String operator, long nanos) {}

      @Override
      public void barrier(String operator, BarrierResult result) {
        results.add(result);
      }
    };
  }

  private static void assertIsACopy(TrackedObject copy, AnnotatedPicture in) {
    assertEquals(TrackedObject.Source.PASTED, copy.source());
    TrackedObject original = in.objects().get(copy.origin());
    assertEquals(original.desc(), copy.desc());
    assertEquals(original.geometry().getClass(), copy.geometry().getClass());
    assertTrue(
        copy.geometry().points().stream().allMatch(in.frame()::contains), () -> "outside: " + copy);
  }

  @Test
  void labelsAndPixelsOfCopiesAgree() {
    Pipeline pipeline =
        pipeline(
            "{\"name\": \"small_object_zoom_paste\", \"params\": {\"max_size\": 200, \"max_attempts\": 200,"
                + " \"scale\": [1, 2], \"max_targets\": 1}}");
    int compared = 0;
    for (long seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      Geometry shape = shape(random);
      AnnotatedPicture in =
          AnnotatedPicture.of(painted(shape, 800, 600), List.of(new DataObject("a", shape)));
      AnnotatedPicture out = pipeline.apply(in, new SampleKey(5, 0, seed), START);
      if (out.objects().size() > 1) {
        compared++;
        Geometry copy = out.objects().getLast().geometry();
        double iou = agreement(out.picture(), copy);
        assertTrue(iou >= 0.98, () -> "IoU " + iou + " of " + copy);
      }
    }
    assertTrue(compared > 20, "only " + compared + " were compared");
  }

  /** A line's mask are the pixels near it: a copy's label must run along the middle of its band. */
  @Test
  void labelsAndPixelsOfCopiedLinesAgree() {
    double near = 20;
    Pipeline pipeline =
        pipeline(
            ("{\"name\": \"line_segment_copy_paste\", \"params\": {\"context\": %s, \"line_buffer\": %s, \"scale\": [0.8, 1.6],"
                    + " \"max_attempts\": 400, \"max_targets\": 1}}")
                .formatted(2 * near, 2 * near));
    int compared = 0;
    for (long seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      Point from = new Point(250 + random.nextDouble() * 300, 250 + random.nextDouble() * 200);
      double angle = random.nextDouble() * 2 * Math.PI;
      double length = 90 + random.nextDouble() * 110;
      Point to =
          new Point(from.x() + length * Math.cos(angle), from.y() + length * Math.sin(angle));
      Geometry line = new Geometry.Polyline(List.of(from, to));
      AnnotatedPicture in =
          AnnotatedPicture.of(band(from, to, near), List.of(new DataObject("线", line)));
      AnnotatedPicture out = pipeline.apply(in, new SampleKey(5, 0, seed), START);
      if (out.objects().size() > 1) {
        compared++;
        List<Point> copy = out.objects().getLast().geometry().points();
        double iou = bandAgreement(out.picture(), copy.getFirst(), copy.getLast(), near, length);
        assertTrue(iou >= 0.98, () -> "IoU " + iou + " of " + copy);
      }
    }
    assertTrue(compared > 30, "only " + compared + " were compared");
  }

  /** White within so many pixels of a segment, black elsewhere. */
  private static RgbImage band(Point from, Point to, double near) {
    int width = 800;
    int height = 700;
    byte[] rgb = new byte[width * height * RgbImage.CHANNELS];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (near(from, to, x + 0.5, y + 0.5, -near, near)) {
          int at = (y * width + x) * RgbImage.CHANNELS;
          rgb[at] = rgb[at + 1] = rgb[at + 2] = (byte) 255;
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  /** Compares the pixels beside the inner part of a copied segment, up to twice as far away. */
  private static double bandAgreement(
      RgbImage picture, Point from, Point to, double near, double length) {
    double copied = Math.hypot(to.x() - from.x(), to.y() - from.y());
    double scaled = near * copied / length;
    int both = 0;
    int either = 0;
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < picture.width(); x++) {
        if (near(from, to, x + 0.5, y + 0.5, scaled, 1.9 * scaled)) {
          boolean white =
              (picture.rgb()[(y * picture.width() + x) * RgbImage.CHANNELS] & 0xFF) >= 128;
          boolean inside = near(from, to, x + 0.5, y + 0.5, scaled, scaled);
          both += white && inside ? 1 : 0;
          either += white || inside ? 1 : 0;
        }
      }
    }
    return (double) both / either;
  }

  /**
   * Whether a place lies beside a segment.
   *
   * @param shorter by how much the segment is shorter at both ends
   * @param away how far away from it at most
   */
  private static boolean near(
      Point from, Point to, double x, double y, double shorter, double away) {
    double length = Math.hypot(to.x() - from.x(), to.y() - from.y());
    double alongX = (to.x() - from.x()) / length;
    double alongY = (to.y() - from.y()) / length;
    double along = (x - from.x()) * alongX + (y - from.y()) * alongY;
    double across = (x - from.x()) * alongY - (y - from.y()) * alongX;
    return along >= shorter && along <= length - shorter && Math.abs(across) <= away;
  }

  private static Geometry shape(Random random) {
    double x = 20 + random.nextDouble() * 500;
    double y = 20 + random.nextDouble() * 350;
    double w = 110 + random.nextDouble() * 80;
    double h = 110 + random.nextDouble() * 80;
    return random.nextBoolean()
        ? new Geometry.Box(x, y, x + w, y + h)
        : new Geometry.Polygon(
                List.of(
                    new Point(x + w / 3, y),
                    new Point(x + w, y + h / 3),
                    new Point(x + w * 0.8, y + h),
                    new Point(x, y + h * 0.8)))
            .canonical();
  }

  /** White where the shape is, black elsewhere. */
  private static RgbImage painted(Geometry shape, int width, int height) {
    byte[] rgb = new byte[width * height * RgbImage.CHANNELS];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (holds(shape, x + 0.5, y + 0.5)) {
          int at = (y * width + x) * RgbImage.CHANNELS;
          rgb[at] = rgb[at + 1] = rgb[at + 2] = (byte) 255;
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static double agreement(RgbImage picture, Geometry shape) {
    Geometry.Box box = shape.bounds();
    int both = 0;
    int either = 0;
    for (int y = (int) Math.ceil(box.y1()); y < (int) Math.floor(box.y2()); y++) {
      for (int x = (int) Math.ceil(box.x1()); x < (int) Math.floor(box.x2()); x++) {
        boolean white =
            (picture.rgb()[(y * picture.width() + x) * RgbImage.CHANNELS] & 0xFF) >= 128;
        boolean inside = holds(shape, x + 0.5, y + 0.5);
        both += white && inside ? 1 : 0;
        either += white || inside ? 1 : 0;
      }
    }
    return (double) both / either;
  }

  private static boolean holds(Geometry shape, double x, double y) {
    boolean inside = false;
    List<Point> ring = shape.points();
    for (int i = 0; i < ring.size(); i++) {
      Point a = ring.get(i);
      Point b = ring.get((i + 1) % ring.size());
      if (a.y() > y != b.y() > y && x < a.x() + (b.x() - a.x()) * (y - a.y()) / (b.y() - a.y())) {
        inside = !inside;
      }
    }
    return inside;
  }

  @Test
  void aClusterIsCopiedWithAllItsObjects() {
    List<DataObject> objects =
        List.of(
            new DataObject("机柜", new Geometry.Box(0, 0, 800, 600)),
            new DataObject("a", new Geometry.Box(10, 10, 60, 60)),
            new DataObject("b", new Geometry.Box(70, 20, 120, 50)),
            new DataObject("c", new Geometry.Box(40, 65, 90, 110)),
            new DataObject("far", new Geometry.Box(400, 400, 440, 440)));
    AnnotatedPicture in =
        AnnotatedPicture.of(new RgbImage(800, 600, new byte[800 * 600 * 3]), objects);
    AnnotatedPicture out =
        pipeline("{\"name\": \"object_cluster_copy_paste\", \"params\": {\"max_attempts\": 200}}")
            .apply(in, new SampleKey(1, 0, 0), START);
    assertEquals(
        List.of("机柜", "a", "b", "c", "far", "a", "b", "c"),
        out.objects().stream().map(TrackedObject::desc).toList());
  }

  @Test
  void onlyListedClassesAreCopied() {
    for (long seed = 0; seed < 50; seed++) {
      AnnotatedPicture in = random(seed);
      AnnotatedPicture out =
          pipeline(
                  "{\"name\": \"small_object_zoom_paste\", \"params\": {\"class_whitelist\": [\"标签/1\"]}}")
              .apply(in, new SampleKey(1, 0, seed), START);
      out.objects().stream()
          .skip(in.objects().size())
          .forEach(copy -> assertEquals("标签/1", copy.desc()));
    }
  }

  @Test
  void aBankThatStaysEmptyIsRefused() {
    List<String> problems =
        Configs.problems(
            "{ops: [{name: line_segment_copy_paste, params: {source_mode: mixed, bank_add_prob: 0}}]}");
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.getFirst().contains("bank_add_prob above 0"), problems::toString);
  }
}
