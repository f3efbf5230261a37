package io.lockstep.benchmark;

import io.lockstep.config.ConfigException;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.Operators;
import io.lockstep.data.augment.Pipeline;
import io.lockstep.data.augment.PipelineWatch;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.DataObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Times augmentation of decoded pictures on one core. */
public final class AugmentBench {

  /** Turn, crop, paste, resize, colour, pad. */
  private static final List<String> RECIPE =
      List.of(
          "{\"name\": \"rotate\", \"params\": {\"max_deg\": [-15, 15]}}",
          "{\"name\": \"random_crop\", \"params\": {\"scale\": [0.6, 0.9], \"min_objects\": 1}}",
          "{\"name\": \"small_object_zoom_paste\", \"params\": {}}",
          "{\"name\": \"resize_by_scale\", \"params\": {\"scale\": [0.8, 1.2]}}",
          "{\"name\": \"color_jitter\", \"params\": {}}",
          "{\"name\": \"pad_to_multiple\", \"params\": {\"multiple\": 32}}");

  private static final long SEED = 23;
  private static final int WIDTH = 1024;
  private static final int HEIGHT = 768;
  private static final int OBJECTS = 16;
  private static final int WARM_UP = 150;

  private AugmentBench() {}

  /**
   * What was measured.
   *
   * @param operators those of the recipe
   * @param seconds for all pictures
   * @param stages seconds of every stage, for all pictures
   * @param checksum of all pixels that came out, so that none can be left out
   */
  public record Result(
      List<String> operators,
      int pictures,
      double seconds,
      Map<String, Double> stages,
      long checksum) {

    /** Pictures per second of one core. */
    public double rate() {
      return pictures / seconds;
    }
  }

  /** Augments that many pictures of 1024 x 768. */
  public static Result measure(int pictures) {
    AugmentationConfig config = config();
    Pipeline pipeline = new Pipeline(config);
    AnnotatedPicture in = AnnotatedPicture.of(picture(), objects());
    long checksum = 0;
    for (int i = 0; i < WARM_UP; i++) {
      checksum += run(pipeline, in, -1 - i, PipelineWatch.NONE);
    }
    Map<String, Double> stages = new TreeMap<>();
    PipelineWatch watch =
        new PipelineWatch() {
          @Override
          public void timed(String stage, long nanos) {
            stages.merge(stage, nanos / 1e9, Double::sum);
          }
        };
    long begin = System.nanoTime();
    for (int i = 0; i < pictures; i++) {
      checksum += run(pipeline, in, i, watch);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new Result(
        config.ops().stream().map(ConfiguredOperator::name).toList(),
        pictures,
        seconds,
        stages,
        checksum);
  }

  private static long run(
      Pipeline pipeline, AnnotatedPicture in, long sample, PipelineWatch watch) {
    AnnotatedPicture out =
        pipeline.apply(
            in, new SampleKey(SEED, 0, sample), Progress.END, Pipeline.ObjectsMay.CHANGE, watch);
    byte[] rgb = out.picture().rgb();
    return (long) rgb.length + (rgb[rgb.length / 2] & 0xFF);
  }

  private static AugmentationConfig config() {
    String operators =
        RECIPE.stream()
            .filter(line -> new Operators().names().stream().anyMatch(line::contains))
            .collect(Collectors.joining(","));
    try {
      return AugmentationConfig.parse(
          "augmentation: {ops: [" + operators + "]}", "the benchmark", Path.of(""));
    } catch (ConfigException e) {
      throw new IllegalStateException("the recipe is out of date", e);
    }
  }

  /** Slopes with noise, so that no pixel is like its neighbour. */
  private static RgbImage picture() {
    byte[] rgb = new byte[WIDTH * HEIGHT * RgbImage.CHANNELS];
    for (int i = 0; i < rgb.length; i++) {
      int x = i / RgbImage.CHANNELS % WIDTH;
      int y = i / RgbImage.CHANNELS / WIDTH;
      rgb[i] = (byte) (x / 8 + y / 8 + (SplitMix64.finalise(i) >>> 59));
    }
    return new RgbImage(WIDTH, HEIGHT, rgb);
  }

  /** Boxes and outlines, small and large. */
  private static List<DataObject> objects() {
    List<DataObject> objects = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      double side = 24 + 12 * i;
      double x = (WIDTH - side) * SplitMix64.unit(SplitMix64.mix(SEED, i, 0));
      double y = (HEIGHT - side) * SplitMix64.unit(SplitMix64.mix(SEED, i, 1));
      Geometry.Box box = new Geometry.Box(x, y, x + side, y + side);
      objects.add(
          new DataObject(
              "设备/显示完整", i % 2 == 0 ? box : new Geometry.Polygon(diamond(box)).canonical()));
    }
    return objects;
  }

  private static List<Point> diamond(Geometry.Box box) {
    double x = (box.x1() + box.x2()) / 2;
    double y = (box.y1() + box.y2()) / 2;
    return List.of(
        new Point(x, box.y1()),
        new Point(box.x2(), y),
        new Point(x, box.y2()),
        new Point(box.x1(), y));
  }
}
