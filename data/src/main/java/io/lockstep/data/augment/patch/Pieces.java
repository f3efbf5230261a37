package io.lockstep.data.augment.patch;

import io.lockstep.data.bank.PatchObject;
import io.lockstep.data.bank.Piece;
import io.lockstep.data.bank.Region;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the rules of all copying operators have in common. */
final class Pieces {

  /** Nothing narrower is worth copying, in pixels. */
  private static final double LEAST_SIDE = 2;

  private Pieces() {}

  /** Whether a description is of one of some classes, or of one below them; none means any. */
  static boolean isOf(String desc, List<String> classes) {
    return classes.isEmpty() || Description.isOf(desc, classes);
  }

  /** The pixels that a box touches, and some around it, as far as the picture goes. */
  static Region around(Geometry.Box box, double context, Frame frame) {
    int left = Math.clamp((long) Math.floor(box.x1() - context), 0, frame.width() - 1);
    int top = Math.clamp((long) Math.floor(box.y1() - context), 0, frame.height() - 1);
    int right = Math.clamp((long) Math.ceil(box.x2() + context), left + 1, frame.width());
    int bottom = Math.clamp((long) Math.ceil(box.y2() + context), top + 1, frame.height());
    return new Region(left, top, right - left, bottom - top);
  }

  /** Whether a box is large enough to be seen at all. */
  static boolean isVisible(Geometry.Box box) {
    return box.width() >= LEAST_SIDE && box.height() >= LEAST_SIDE;
  }

  /** The objects as they lie in the picture. */
  static List<PatchObject> inside(List<DataObject> objects, Frame frame) {
    List<PatchObject> inside = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      DataObject object = objects.get(i);
      inside.add(new PatchObject(i, object.desc(), object.geometry().keptInside(frame)));
    }
    return inside;
  }

  /**
   * A piece around some objects, with context if nothing stands against it: a piece that shows much
   * of an object that isn't copied with it would put something into a picture that nobody says is
   * there.
   *
   * @param most share of another object that a piece may show
   */
  static Optional<Piece> piece(
      List<PatchObject> members,
      Geometry.Box box,
      double context,
      Frame frame,
      List<PatchObject> all,
      double most) {
    Set<Integer> own = Set.copyOf(members.stream().map(PatchObject::index).toList());
    List<PatchObject> others =
        all.stream().filter(object -> !own.contains(object.index())).toList();
    for (double margin : context > 0 ? new double[] {context, 0} : new double[] {0}) {
      Region region = around(box, margin, frame);
      if (others.stream().allMatch(other -> shown(other.geometry(), region) <= most)) {
        return Optional.of(new Piece(region, members));
      }
    }
    return Optional.empty();
  }

  /** The share of a geometry that a region shows. */
  static double shown(Geometry geometry, Region region) {
    return geometry
        .transformed(Affine.translation(-region.x(), -region.y()))
        .coverage(new Frame(region.width(), region.height()));
  }
}
