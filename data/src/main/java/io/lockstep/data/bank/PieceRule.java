package io.lockstep.data.bank;

import io.lockstep.data.record.DataObject;
import java.util.List;

/** Which pieces of a picture an operator copies; a pure function. */
@FunctionalInterface
public interface PieceRule {

  /**
   * The pieces of a picture.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   * @param objects everything that is annotated on it
   * @return in the order of the objects that they are made for, at most one for each
   */
  List<Piece> pieces(int width, int height, List<DataObject> objects);
}
