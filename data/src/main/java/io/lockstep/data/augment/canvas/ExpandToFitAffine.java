package io.lockstep.data.augment.canvas;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry.Box;

/**
 * Makes the canvas so large that the maps accumulated before it push nothing out of the picture,
 * with sides that are multiples of a number; the picture comes to lie in the top-left corner, the
 * rest is grey. What would have too many pixels shrinks. The last operator that moves pixels.
 *
 * @param multiple that both sides become a multiple of
 * @param maxPixels that the canvas, with sides as they are rounded, never exceeds
 */
@Key(
    "Makes the canvas so large, with grey, that the maps before it push nothing out of the picture; no other operator may move pixels after it.")
public record ExpandToFitAffine(
    @Key(value = "Both sides become a multiple of it.", otherwise = "32", min = 1, max = 1024)
        int multiple,
    @Key(
            value = "What would have more shrinks.",
            otherwise = "921600",
            min = 1 << 10,
            max = 1 << 26)
        int maxPixels)
    implements BarrierOperator, Checked {

  /** Sides longer than a whole number by less are that number: rounding made them longer. */
  private static final double ROUNDING = 1e-6;

  @Override
  public void check(Place section) {
    if ((long) multiple * multiple > maxPixels) {
      section
          .at("max_pixels")
          .problem(
              "(%d) is less than the %d pixels of a square of multiple (%d)"
                  .formatted(maxPixels, (long) multiple * multiple, multiple));
    }
  }

  @Override
  public boolean isLast() {
    return true;
  }

  @Override
  public Canvas canvas(Affine pending, Frame frame) {
    Box corners =
        Box.around(
            new Box(0, 0, frame.width(), frame.height())
                .points().stream().map(pending::apply).toList());
    Affine map = pending.then(Affine.translation(-corners.x1(), -corners.y1()));
    if (pixels(aligned(corners.width()), aligned(corners.height())) <= maxPixels) {
      return new Canvas(map, new Frame(aligned(corners.width()), aligned(corners.height())));
    }
    return shrunk(map, corners);
  }

  /** The largest canvas of about these proportions that is within the limit. */
  private Canvas shrunk(Affine map, Box corners) {
    double factor = Math.sqrt(maxPixels / (corners.width() * corners.height()));
    int most = maxPixels / multiple;
    int width = Math.min(below(corners.width() * factor), most / multiple * multiple);
    int height =
        Math.min(below(corners.height() * factor), maxPixels / width / multiple * multiple);
    double fitting = Math.min(width / corners.width(), height / corners.height());
    return new Canvas(map.then(Affine.scaling(fitting, fitting)), new Frame(width, height));
  }

  private static long pixels(long width, long height) {
    return width * height;
  }

  private int aligned(double side) {
    return Math.max(1, (int) Math.ceil((side - ROUNDING) / multiple)) * multiple;
  }

  private int below(double side) {
    return Math.max(1, (int) Math.floor((side + ROUNDING) / multiple)) * multiple;
  }

  /** The canvas is all there is to do. */
  @Override
  public BarrierResult apply(AnnotatedPicture in, OperatorContext context) {
    return BarrierResult.keepingAll(in, in);
  }
}
