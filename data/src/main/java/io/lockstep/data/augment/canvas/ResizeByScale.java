package io.lockstep.data.augment.canvas;

import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.augment.pixels.Resampler;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;
import java.util.List;

/**
 * Changes a picture's size by a factor.
 *
 * @param factors one of which is drawn; above 1 the picture becomes larger
 * @param multiple sides are rounded to the nearest multiple of it
 * @param maxPixels the factor is lowered where the picture would have more
 */
public record ResizeByScale(Interval factors, int multiple, int maxPixels)
    implements BarrierOperator {

  public static final OperatorType TYPE =
      OperatorType.barrier(
          "resize_by_scale",
          ResizeByScale::of,
          Parameter.interval("scale", 0.8, 1.2, 0.05, 8),
          Parameter.integer("multiple", 1, 1, 1024),
          Parameter.integer("max_pixels", 1 << 24, 1 << 10, 1 << 26));

  private static ResizeByScale of(Arguments arguments) {
    return new ResizeByScale(
        arguments.interval("scale"),
        arguments.integer("multiple"),
        arguments.integer("max_pixels"));
  }

  @Override
  public BarrierResult apply(AnnotatedPicture in, OperatorContext context) {
    Frame frame = resized(in.frame(), context.draws().in(factors));
    if (frame.equals(in.frame())) {
      return BarrierResult.keepingAll(in, in);
    }
    Affine map =
        Affine.scaling(
            (double) frame.width() / in.frame().width(),
            (double) frame.height() / in.frame().height());
    List<TrackedObject> objects =
        in.objects().stream()
            .map(object -> object.at(object.geometry().transformed(map).keptInside(frame)))
            .toList();
    return BarrierResult.keepingAll(
        in, new AnnotatedPicture(Resampler.resize(in.picture(), frame), objects));
  }

  private Frame resized(Frame frame, double drawn) {
    double most = Math.sqrt((double) maxPixels / frame.width() / frame.height());
    double factor = Math.min(drawn, most);
    Frame rounded = new Frame(side(frame.width() * factor), side(frame.height() * factor));
    if ((long) rounded.width() * rounded.height() <= maxPixels) {
      return rounded;
    }
    return new Frame(sideBelow(frame.width() * factor), sideBelow(frame.height() * factor));
  }

  private int side(double length) {
    return Math.max(1, (int) Math.rint(length / multiple)) * multiple;
  }

  private int sideBelow(double length) {
    return Math.max(1, (int) Math.floor(length / multiple)) * multiple;
  }
}
