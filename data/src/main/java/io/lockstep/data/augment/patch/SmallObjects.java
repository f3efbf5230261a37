package io.lockstep.data.augment.patch;

import io.lockstep.data.bank.PatchObject;
import io.lockstep.data.bank.Piece;
import io.lockstep.data.bank.PieceRule;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.record.DataObject;
import java.util.ArrayList;
import java.util.List;

/**
 * Single small objects.
 *
 * @param maxSize the longer side of a box or outline is at most so many pixels
 * @param maxLineLength a line is at most so many pixels long
 * @param context pixels around an object that are copied with it
 * @param most share of another object that a piece may show
 * @param classes only these, and what is below them; any if there are none
 */
record SmallObjects(
    double maxSize, double maxLineLength, double context, double most, List<String> classes)
    implements PieceRule {

  @Override
  public List<Piece> pieces(int width, int height, List<DataObject> objects) {
    Frame frame = new Frame(width, height);
    List<PatchObject> inside = Pieces.inside(objects, frame);
    List<Piece> pieces = new ArrayList<>();
    for (PatchObject object : inside) {
      if (Pieces.isOf(object.desc(), classes) && isSmall(object.geometry())) {
        Pieces.piece(List.of(object), object.geometry().bounds(), context, frame, inside, most)
            .ifPresent(pieces::add);
      }
    }
    return pieces;
  }

  private boolean isSmall(Geometry geometry) {
    if (geometry instanceof Geometry.Polyline line) {
      return Lines.length(line.points()) <= maxLineLength;
    }
    Geometry.Box box = geometry.bounds();
    return Pieces.isVisible(box) && Math.max(box.width(), box.height()) <= maxSize;
  }
}
