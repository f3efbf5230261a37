package io.lockstep.data.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Shapes;
import io.lockstep.data.image.RgbImage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PipelineTest {

  private static final Frame FRAME = new Frame(120, 90);
  private static final AugmentationConfig GEOMETRY =
      Configs.good(
          "{ops: [{name: hflip, params: {prob: 0.5}}, {name: vflip, params: {prob: 0.5}}, {name: rotate, params: {max_deg: [-40, 40], prob:"
              + " 0.8}}, {name: scale, params: {scale: [0.7, 1.4], prob: 0.8}}, {name: resize_by_scale, params: {scale: [0.7,"
              + " 1.5], prob: 0.7}}]}");

  private static RgbImage noise(RandomGenerator random, Frame frame) {
    byte[] rgb = new byte[frame.width() * frame.height() * 3];
    random.nextBytes(rgb);
    return new RgbImage(frame.width(), frame.height(), rgb);
  }

  private static AnnotatedPicture sample(long sample) {
    RandomGenerator random = new SplittableRandom(sample);
    List<TrackedObject> objects = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      objects.add(
          new TrackedObject(
              i, TrackedObject.Source.RECORD, "物体/" + i, Shapes.any(random, FRAME, 4)));
    }
    return new AnnotatedPicture(noise(random, FRAME), objects);
  }

  @Test
  void annotationsStayOnTheirPixels() {
    Pipeline pipeline = new Pipeline(GEOMETRY);
    Frame frame = new Frame(320, 240);
    for (long seed = 0; seed < 200; seed++) {
      RandomGenerator random = new SplittableRandom(seed);
      Geometry shape = large(random, frame);
      AnnotatedPicture in =
          new AnnotatedPicture(
              Masks.paint(shape, frame),
              List.of(new TrackedObject(0, TrackedObject.Source.RECORD, "x", shape)));

      AnnotatedPicture out = pipeline.apply(in, new SampleKey(1, 0, seed), Progress.END);

      boolean[] annotated = Masks.of(out.objects().getFirst().geometry(), out.frame());
      double iou = Masks.iou(annotated, Masks.white(out.picture()));
      long at = seed;
      assertTrue(iou >= 0.98, () -> "seed %d: IoU %.4f of %s".formatted(at, iou, shape));
    }
  }

  /** A shape so large that the roundness of its pixels' edges is less than a hundredth of it. */
  private static Geometry large(RandomGenerator random, Frame frame) {
    Geometry shape;
    do {
      Geometry.Box box = Shapes.box(random, frame, 150);
      shape = random.nextBoolean() ? box : Shapes.outline(random, box);
    } while (Masks.count(Masks.of(shape, frame)) < 10_000);
    return shape;
  }

  @Test
  void objectsKeepTheirIdentityAndStayInside() {
    Pipeline pipeline = new Pipeline(GEOMETRY);
    for (long seed = 0; seed < 300; seed++) {
      AnnotatedPicture in = sample(seed);
      AnnotatedPicture out = pipeline.apply(in, new SampleKey(3, 1, seed), Progress.END);

      assertEquals(in.objects().size(), out.objects().size());
      for (int i = 0; i < in.objects().size(); i++) {
        assertEquals(i, out.objects().get(i).origin());
        assertEquals(in.objects().get(i).desc(), out.objects().get(i).desc());
        out.objects()
            .get(i)
            .geometry()
            .points()
            .forEach(point -> assertTrue(out.frame().contains(point)));
      }
    }
  }

  @Test
  void aFlipIsItsOwnInverse() {
    for (String flip : List.of("hflip", "vflip")) {
      Pipeline pipeline = new Pipeline(Configs.good("{ops: ['%s']}".formatted(flip)));
      AnnotatedPicture in = sample(7);
      SampleKey key = new SampleKey(0, 0, 0);
      AnnotatedPicture twice =
          pipeline.apply(pipeline.apply(in, key, Progress.END), key, Progress.END);

      assertArrayEquals(in.picture().rgb(), twice.picture().rgb());
    }
  }

  @Test
  void twoFlipsInARowTouchNoPixel() {
    Pipeline pipeline = new Pipeline(Configs.good("{ops: ['hflip', 'hflip']}"));
    AnnotatedPicture in = sample(7);

    assertSame(in.picture(), pipeline.apply(in, new SampleKey(0, 0, 0), Progress.END).picture());
  }

  @Test
  void aQuarterTurnMovesPixelsExactly() {
    Pipeline pipeline =
        new Pipeline(Configs.good("{ops: [{name: rotate, params: {max_deg: [90, 90]}}]}"));
    Frame square = new Frame(9, 9);
    RgbImage in = noise(new SplittableRandom(1), square);
    RgbImage out =
        pipeline
            .apply(new AnnotatedPicture(in, List.of()), new SampleKey(0, 0, 0), Progress.END)
            .picture();

    for (int y = 0; y < 9; y++) {
      for (int x = 0; x < 9; x++) {
        assertEquals(in.rgb()[(y * 9 + x) * 3], out.rgb()[(x * 9 + 8 - y) * 3]);
      }
    }
  }

  @Test
  void theBypassedShareStaysAsItIs() {
    Pipeline pipeline =
        new Pipeline(
            Configs.good(
                "{bypass_prob: 0.25, ops: [{name: rotate, params: {max_deg: [10, 10]}}]}"));
    AnnotatedPicture in = sample(1);
    int untouched = 0;
    for (long i = 0; i < 2000; i++) {
      untouched +=
          pipeline
                  .apply(
                      new AnnotatedPicture(new RgbImage(1, 1, new byte[3]), in.objects()),
                      new SampleKey(5, 0, i),
                      Progress.END)
                  .objects()
                  .equals(in.objects())
              ? 1
              : 0;
    }

    assertEquals(0.25, untouched / 2000.0, 0.03);
  }

  @Test
  void aSampleDependsOnItsKeyAloneNotOnThreadsOrOrder()
      throws InterruptedException, ExecutionException {
    Pipeline pipeline = new Pipeline(GEOMETRY);
    List<AnnotatedPicture> alone = new ArrayList<>();
    for (long i = 0; i < 40; i++) {
      alone.add(pipeline.apply(sample(i), new SampleKey(9, 2, i), Progress.END));
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, 40).boxed().toList());
    Collections.shuffle(order, new Random(4));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<AnnotatedPicture>> made = new ArrayList<>();
      for (int i : order) {
        made.add(
            threads.submit(() -> pipeline.apply(sample(i), new SampleKey(9, 2, i), Progress.END)));
      }
      for (int place = 0; place < order.size(); place++) {
        AnnotatedPicture expected = alone.get(order.get(place));
        AnnotatedPicture actual = made.get(place).get();
        assertEquals(expected.objects(), actual.objects());
        assertArrayEquals(expected.picture().rgb(), actual.picture().rgb());
      }
    }
  }
}
