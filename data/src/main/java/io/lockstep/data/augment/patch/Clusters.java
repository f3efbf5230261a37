package io.lockstep.data.augment.patch;

import io.lockstep.data.bank.PatchObject;
import io.lockstep.data.bank.Piece;
import io.lockstep.data.bank.PieceRule;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.record.DataObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Groups of objects that lie close together: around each object those within a radius, and those
 * around them, as long as the group stays small.
 *
 * @param maxSize the longer side of a group is at most so many pixels
 * @param radius pixels between objects of a group
 * @param minObjects least objects of a group
 * @param maxObjects most objects of a group
 * @param context pixels around a group that are copied with it
 * @param most share of another object that a piece may show
 * @param classes of the object that a group grows around
 */
record Clusters(
    double maxSize,
    double radius,
    int minObjects,
    int maxObjects,
    double context,
    double most,
    List<String> classes)
    implements PieceRule {

  @Override
  public List<Piece> pieces(int width, int height, List<DataObject> objects) {
    Frame frame = new Frame(width, height);
    List<PatchObject> inside = Pieces.inside(objects, frame);
    List<Piece> pieces = new ArrayList<>();
    Set<Set<Integer>> seen = new HashSet<>();
    for (PatchObject object : inside) {
      if (!Pieces.isOf(object.desc(), classes) || side(object.geometry().bounds()) > maxSize) {
        continue;
      }
      List<PatchObject> group = group(object, inside);
      Box box = box(group);
      boolean isNew = seen.add(Set.copyOf(group.stream().map(PatchObject::index).toList()));
      if (isNew && group.size() >= minObjects && Pieces.isVisible(box)) {
        Optional<Piece> piece = Pieces.piece(group, box, context, frame, inside, most);
        piece.ifPresent(pieces::add);
      }
    }
    return pieces;
  }

  /** Grows a group, in the order of the objects, until nothing more fits. */
  private List<PatchObject> group(PatchObject first, List<PatchObject> all) {
    List<PatchObject> group = new ArrayList<>(List.of(first));
    Box box = first.geometry().bounds();
    boolean grown = true;
    while (grown) {
      grown = false;
      for (PatchObject other : all) {
        Box next = union(box, other.geometry().bounds());
        if (group.size() < maxObjects
            && !group.contains(other)
            && isNear(box, other.geometry().bounds())
            && side(next) <= maxSize) {
          group.add(other);
          box = next;
          grown = true;
        }
      }
    }
    return group;
  }

  private boolean isNear(Box a, Box b) {
    return b.x1() <= a.x2() + radius
        && b.x2() >= a.x1() - radius
        && b.y1() <= a.y2() + radius
        && b.y2() >= a.y1() - radius;
  }

  private static Box box(List<PatchObject> group) {
    return group.stream()
        .map(object -> object.geometry().bounds())
        .reduce(Clusters::union)
        .orElseThrow();
  }

  private static Box union(Box a, Box b) {
    return new Box(
        Math.min(a.x1(), b.x1()),
        Math.min(a.y1(), b.y1()),
        Math.max(a.x2(), b.x2()),
        Math.max(a.y2(), b.y2()));
  }

  private static double side(Box box) {
    return Math.max(box.width(), box.height());
  }
}
