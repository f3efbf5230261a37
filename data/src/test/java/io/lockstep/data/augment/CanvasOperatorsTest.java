package io.lockstep.data.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.geometry.Shapes;
import io.lockstep.data.image.RgbImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operators that change a picture's size. */
class CanvasOperatorsTest {

  private static final Frame FRAME = new Frame(100, 60);

  private static AnnotatedPicture picture(Frame frame, Geometry... geometries) {
    List<TrackedObject> objects = new ArrayList<>();
    for (Geometry geometry : geometries) {
      objects.add(
          new TrackedObject(objects.size(), TrackedObject.Source.RECORD, "BBU设备/显示完整", geometry));
    }
    return new AnnotatedPicture(
        new RgbImage(frame.width(), frame.height(), new byte[frame.width() * frame.height() * 3]),
        objects);
  }

  private static AnnotatedPicture apply(String operators, AnnotatedPicture in, long sample) {
    return new Pipeline(Configs.good("{ops: [" + operators + "]}"))
        .apply(in, new SampleKey(2, 0, sample), Progress.END);
  }

  /** A pipeline whose barrier tells what it kept. */
  private static BarrierResult crop(String parameters, AnnotatedPicture in, long sample) {
    List<BarrierResult> heard = new ArrayList<>();
    AnnotatedPicture out =
        new Pipeline(Configs.good("{ops: [{name: random_crop, params: " + parameters + "}]}"))
            .apply(
                in,
                new SampleKey(2, 0, sample),
                Progress.END,
                Pipeline.ObjectsMay.CHANGE,
                new PipelineWatch() {
                  @Override
                  public void barrier(String operator, BarrierResult result) {
                    heard.add(result);
                  }
                });
    assertSame(out, heard.getFirst().out());
    return heard.getFirst();
  }

  @Test
  void paddingGoesToTheRightAndTheBottom() {
    AnnotatedPicture in = picture(FRAME, new Geometry.Box(10, 10, 30, 30));
    AnnotatedPicture out = apply("{name: pad_to_multiple, params: {multiple: 32}}", in, 0);

    assertEquals(new Frame(128, 64), out.frame());
    assertEquals(in.objects(), out.objects());
    assertEquals(0, out.picture().rgb()[0]);
    assertEquals((byte) 128, out.picture().rgb()[100 * 3]);
    assertEquals((byte) 128, out.picture().rgb()[out.picture().rgb().length - 1]);
  }

  @ParameterizedTest
  @CsvSource({"1000, 700, 921600", "4000, 3000, 921600", "33, 9000, 20000", "50, 40, 1024"})
  void expandingNeverExceedsItsPixelsAndPushesNothingOut(int width, int height, int most) {
    Frame frame = new Frame(width, height);
    Geometry.Box all = new Geometry.Box(0, 0, width, height);
    for (long sample = 0; sample < 20; sample++) {
      AnnotatedPicture out =
          apply(
              "{name: rotate, params: {max_deg: [-180, 180]}}, {name: expand_to_fit_affine, params: {max_pixels: %d}}"
                  .formatted(most),
              picture(frame, all),
              sample);

      assertEquals(0, out.picture().width() % 32);
      assertEquals(0, out.picture().height() % 32);
      assertTrue((long) out.picture().width() * out.picture().height() <= most);
      assertEquals(4, out.objects().getFirst().geometry().points().size(), "corners were cut off");
    }
  }

  @Test
  void theOperatorThatExpandsMustBeTheLastThatMovesPixels() {
    assertEquals(
        List.of(
            "augmentation.ops[0] expand_to_fit_affine must be the last one that moves pixels,"
                + " but hflip follows; put it behind"),
        Configs.problems("{ops: ['expand_to_fit_affine', 'gamma', 'hflip']}"));
  }

  @Test
  void croppingDropsWhatIsHardlySeenAndSaysWhatIsCutOff() {
    for (long sample = 0; sample < 300; sample++) {
      RandomGenerator random = new SplittableRandom(sample);
      List<Geometry> geometries = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        geometries.add(Shapes.box(random, FRAME, 5));
      }
      AnnotatedPicture in = picture(FRAME, geometries.toArray(Geometry[]::new));
      BarrierResult result = crop("{scale: [0.2, 0.7], min_objects: 1}", in, sample);

      assertEquals(result.out().objects().size(), result.keptIndices().size());
      for (int i = 0; i < result.keptIndices().size(); i++) {
        double coverage = result.coverages().get(i);
        TrackedObject object = result.out().objects().get(i);
        assertTrue(coverage >= 0.3 && coverage <= 1);
        assertEquals(result.keptIndices().get(i), object.origin());
        assertEquals(coverage < 0.95 ? "BBU设备/只显示部分" : "BBU设备/显示完整", object.desc());
        object
            .geometry()
            .points()
            .forEach(point -> assertTrue(result.out().frame().contains(point)));
      }
    }
  }

  @Test
  void aCropThatLeavesTooFewObjectsIsSkipped() {
    AnnotatedPicture in = picture(FRAME, new Geometry.Box(0, 0, 10, 10));

    assertSame(in, crop("{scale: 0.5, min_objects: 2}", in, 0).out());
    assertEquals(List.of(0), crop("{scale: 0.5, min_objects: 2}", in, 0).keptIndices());
  }

  @Test
  void picturesWithLinesAreCroppedOnlyIfAllowed() {
    AnnotatedPicture in =
        picture(FRAME, new Geometry.Polyline(List.of(new Point(40, 30), new Point(60, 30))));

    assertSame(in, crop("{scale: 0.6, min_objects: 0}", in, 0).out());
    assertTrue(
        crop("{scale: 0.6, min_objects: 0, skip_if_line: false}", in, 0).out().frame().width()
            < 100);
  }

  @Test
  void resizingStaysBelowItsPixels() {
    AnnotatedPicture out =
        apply(
            "{name: resize_by_scale, params: {scale: 8, multiple: 16, max_pixels: 40000}}",
            picture(FRAME, new Geometry.Box(0, 0, 100, 60)),
            0);

    assertEquals(new Frame(256, 144), out.frame());
    assertEquals(new Geometry.Box(0, 0, 256, 144), out.objects().getFirst().geometry());
  }
}
