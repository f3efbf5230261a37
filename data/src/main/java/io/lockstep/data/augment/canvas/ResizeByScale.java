package io.lockstep.data.augment.canvas;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.augment.pixels.Resampler;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import java.util.List;

/**
 * Changes a picture's size by a factor.
 *
 * @param factors one of which is drawn; above 1 the picture becomes larger
 * @param multiple sides are rounded to the nearest multiple of it
 * @param maxPixels the factor is lowered where the picture would have more
 */
@Key("Changes a picture's size.")
public record ResizeByScale(
    @Key(
            name = "scale",
            value = "Factors, one of which is drawn; above 1 the picture becomes larger.",
            otherwise = "[0.8, 1.2]",
            min = 0.05,
            max = 8)
        Interval factors,
    @Key(
            value = "Sides are rounded to the nearest multiple of it.",
            otherwise = "1",
            min = 1,
            max = 1024)
        int multiple,
    @Key(
            value = "The factor is lowered where the picture would have more.",
            otherwise = "16777216",
            min = 1 << 10,
            max = 1 << 26)
        int maxPixels)
    implements BarrierOperator {

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
