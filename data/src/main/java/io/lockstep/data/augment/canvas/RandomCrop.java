package io.lockstep.data.augment.canvas;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.augment.pixels.Fill;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps a random part of a picture, and the objects that are still to be seen on it.
 *
 * @param areas share of the picture's area that is kept, one of which is drawn
 * @param aspectRatios factor by which the part's proportions, width by height, differ from the
 *     picture's, one of which is drawn
 * @param minCoverage an object of which less is left is dropped
 * @param completenessThreshold an object of which less is left is no longer described as complete
 * @param minObjects the crop is skipped if fewer would stay
 * @param skipIfLine whether pictures with lines stay whole: a line that is cut off leads nowhere
 */
@Key("Keeps a random part of a picture, and the objects that are still to be seen on it.")
public record RandomCrop(
    @Key(
            name = "scale",
            value = "Share of the picture's area that is kept, one of which is drawn.",
            otherwise = "[0.6, 1]",
            min = 0.01,
            max = 1)
        Interval areas,
    @Key(
            name = "aspect_ratio",
            value =
                "Factor by which the part's proportions, width by height, differ from the picture's, one of which is drawn.",
            otherwise = "[0.8, 1.25]",
            min = 0.1,
            max = 10)
        Interval aspectRatios,
    @Key(value = "An object of which less is left is dropped.", otherwise = "0.3", min = 0, max = 1)
        double minCoverage,
    @Key(
            value = "An object of which less is left is no longer described as complete.",
            otherwise = "0.95",
            min = 0,
            max = 1)
        double completenessThreshold,
    @Key(value = "The crop is skipped if fewer would stay.", otherwise = "4", min = 0, max = 10_000)
        int minObjects,
    @Key(
            value = "Whether pictures with lines stay whole: a line that is cut off leads nowhere.",
            otherwise = "true")
        boolean skipIfLine)
    implements BarrierOperator {

  private static final String COMPLETE = "显示完整";
  private static final String PARTIAL = "只显示部分";

  private static final String HAS_LINE = "line";
  private static final String TOO_FEW_LEFT = "min_objects";

  @Override
  public boolean changesObjects() {
    return true;
  }

  @Override
  public boolean dropsObjects() {
    return true;
  }

  @Override
  public List<String> skipReasons() {
    return List.of(HAS_LINE, TOO_FEW_LEFT);
  }

  @Override
  public BarrierResult apply(AnnotatedPicture in, OperatorContext context) {
    Window window = window(in.frame(), context.draws());
    if (window.frame.equals(in.frame())) {
      return BarrierResult.keepingAll(in, in);
    }
    if (skipIfLine && hasLine(in)) {
      return BarrierResult.skipped(in, HAS_LINE);
    }
    List<TrackedObject> kept = new ArrayList<>();
    List<Integer> keptIndices = new ArrayList<>();
    List<Double> coverages = new ArrayList<>();
    for (int i = 0; i < in.objects().size(); i++) {
      TrackedObject object = in.objects().get(i);
      Geometry moved = object.geometry().transformed(window.map());
      double coverage = moved.coverage(window.frame);
      if (coverage > 0 && coverage >= minCoverage) {
        kept.add(described(object, coverage).at(moved.keptInside(window.frame)));
        keptIndices.add(i);
        coverages.add(coverage);
      }
    }
    if (kept.size() < minObjects) {
      return BarrierResult.skipped(in, TOO_FEW_LEFT);
    }
    return new BarrierResult(
        new AnnotatedPicture(
            Fill.window(in.picture(), window.left, window.top, window.frame), kept),
        keptIndices,
        coverages);
  }

  private static boolean hasLine(AnnotatedPicture in) {
    return in.objects().stream().anyMatch(o -> o.geometry() instanceof Geometry.Polyline);
  }

  /** A part of a picture. */
  private record Window(int left, int top, Frame frame) {
    Affine map() {
      return Affine.translation(-left, -top);
    }
  }

  private Window window(Frame frame, Draws draws) {
    double side = Math.sqrt(draws.in(areas));
    double stretch = Math.sqrt(draws.in(aspectRatios));
    int width = Math.clamp(Math.round(frame.width() * side * stretch), 1, frame.width());
    int height = Math.clamp(Math.round(frame.height() * side / stretch), 1, frame.height());
    int left = draws.integer(0, frame.width() - width);
    int top = draws.integer(0, frame.height() - height);
    return new Window(left, top, new Frame(width, height));
  }

  private TrackedObject described(TrackedObject object, double coverage) {
    return coverage < completenessThreshold && object.desc().contains(COMPLETE)
        ? object.described(object.desc().replace(COMPLETE, PARTIAL))
        : object;
  }
}
