package io.lockstep.data.augment.canvas;

import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.pixels.Fill;
import io.lockstep.data.geometry.Frame;

/**
 * Adds grey pixels on the right and at the bottom, up to the next multiple of a number.
 *
 * @param multiple that both sides become a multiple of
 */
@Key("Adds grey pixels on the right and at the bottom.")
public record PadToMultiple(
    @Key(
            value = "Both sides grow to the next multiple of it.",
            otherwise = "32",
            min = 1,
            max = 1024)
        int multiple)
    implements BarrierOperator {

  @Override
  public BarrierResult apply(AnnotatedPicture in, OperatorContext context) {
    Frame frame =
        new Frame(
            Math.ceilDiv(in.frame().width(), multiple) * multiple,
            Math.ceilDiv(in.frame().height(), multiple) * multiple);
    if (frame.equals(in.frame())) {
      return BarrierResult.keepingAll(in, in);
    }
    return BarrierResult.keepingAll(
        in, new AnnotatedPicture(Fill.window(in.picture(), 0, 0, frame), in.objects()));
  }
}
