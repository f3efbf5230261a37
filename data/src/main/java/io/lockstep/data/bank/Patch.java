package io.lockstep.data.bank;

import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.Origin;
import java.util.List;

/**
 * A piece of a picture with the objects in it.
 *
 * @param origin the record that it was cut from
 * @param objects at least one, the one that the piece was made for first; coordinates count from
 *     the piece's upper left corner
 * @param pixels the piece
 */
public record Patch(Origin origin, List<PatchObject> objects, RgbImage pixels) {

  /** Checks that there is an object. */
  public Patch {
    objects = List.copyOf(objects);
    if (objects.isEmpty()) {
      throw new IllegalArgumentException("a piece of " + origin + " shows no object");
    }
  }
}
