package io.lockstep.data.augment.operator;

import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import java.util.List;

/**
 * Needs the picture as it is: maps accumulated before it are carried out first. It may change the
 * size, drop objects and add some.
 */
public non-sealed interface BarrierOperator extends Operator {

  /** The changed picture, or the given one if there was nothing to do. */
  BarrierResult apply(AnnotatedPicture in, OperatorContext context);

  /** Whether objects may be dropped, added or described otherwise. */
  default boolean changesObjects() {
    return false;
  }

  /** The reasons for which it may leave a picture as it is although it was drawn, as in counts. */
  default List<String> skipReasons() {
    return List.of();
  }

  /** Whether objects may be dropped. */
  default boolean dropsObjects() {
    return false;
  }

  /** Whether no other operator may move pixels after it. */
  default boolean isLast() {
    return false;
  }

  /**
   * The canvas that the maps accumulated before it are carried out on; the same size unless an
   * operator makes room for them.
   *
   * @param pending the accumulated map
   * @param frame of the picture that it maps
   */
  default Canvas canvas(Affine pending, Frame frame) {
    return new Canvas(pending, frame);
  }

  /**
   * A map and the size of the picture that it maps to.
   *
   * @param map from the picture to the canvas
   * @param frame of the canvas
   */
  record Canvas(Affine map, Frame frame) {}
}
