package io.lockstep.data.augment.canvas;

import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierOperator;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.OperatorContext;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.augment.pixels.Fill;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Parameter;

/**
 * Adds grey pixels on the right and at the bottom, up to the next multiple of a number.
 *
 * @param multiple that both sides become a multiple of
 */
public record PadToMultiple(int multiple) implements BarrierOperator {

  public static final OperatorType TYPE =
      OperatorType.barrier(
          "pad_to_multiple", PadToMultiple::of, Parameter.integer("multiple", 32, 1, 1024));

  private static PadToMultiple of(Arguments arguments) {
    return new PadToMultiple(arguments.integer("multiple"));
  }

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
