package io.lockstep.data.augment.patch;

import io.lockstep.data.bank.PatchObject;
import io.lockstep.data.bank.Piece;
import io.lockstep.data.bank.PieceRule;
import io.lockstep.data.bank.Region;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Of every line its longest straight segment, or the middle of it.
 *
 * @param maxLength the most pixels of a segment that are copied
 * @param context pixels around the segment that are copied with it
 * @param most share of another object that a piece may show
 * @param classes only these, and what is below them; any if there are none
 */
record LineSegments(double maxLength, double context, double most, List<String> classes)
    implements PieceRule {

  @Override
  public List<Piece> pieces(int width, int height, List<DataObject> objects) {
    Frame frame = new Frame(width, height);
    List<PatchObject> inside = Pieces.inside(objects, frame);
    List<Piece> pieces = new ArrayList<>();
    for (PatchObject object : inside) {
      if (object.geometry() instanceof Polyline line && Pieces.isOf(object.desc(), classes)) {
        piece(object, line, frame, inside).ifPresent(pieces::add);
      }
    }
    return pieces;
  }

  private Optional<Piece> piece(
      PatchObject object, Polyline line, Frame frame, List<PatchObject> all) {
    Geometry.Box box = longest(line).bounds();
    return Pieces.piece(List.of(object), box, context, frame, all, most)
        .flatMap(piece -> withWhatIsSeen(piece, object, line));
  }

  /**
   * What the piece shows of the line, which goes on up to its edges; refused if that is in parts.
   */
  private Optional<Piece> withWhatIsSeen(Piece piece, PatchObject object, Polyline line) {
    Region region = piece.region();
    Frame frame = new Frame(region.width(), region.height());
    Polyline moved = line.transformed(Affine.translation(-region.x(), -region.y()));
    double shown = moved.coverage(frame) * Lines.length(line.points());
    return moved
        .clipped(frame)
        .filter(run -> Lines.length(run.points()) >= (1 - most) * shown)
        .map(run -> run.transformed(Affine.translation(region.x(), region.y())))
        .map(run -> new PatchObject(object.index(), object.desc(), run))
        .map(seen -> new Piece(region, List.of(seen)));
  }

  private Polyline longest(Polyline line) {
    List<Point> points = line.points();
    int best = 0;
    for (int i = 1; i + 1 < points.size(); i++) {
      if (length(points, i) > length(points, best)) {
        best = i;
      }
    }
    Point from = points.get(best);
    Point to = points.get(best + 1);
    double spare = Math.max(0, 1 - maxLength / Lines.distance(from, to)) / 2;
    return new Polyline(
        List.of(Lines.between(from, to, spare), Lines.between(from, to, 1 - spare)));
  }

  private static double length(List<Point> points, int segment) {
    return Lines.distance(points.get(segment), points.get(segment + 1));
  }
}
