package io.lockstep.data.bank;

import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.Origin;
import java.util.List;

/**
 * A part of a picture that is worth copying.
 *
 * @param region its pixels
 * @param objects what is copied with them, the object that it was made for first; in coordinates of
 *     the picture, inside of the region
 */
public record Piece(Region region, List<PatchObject> objects) {

  /** Copies the list. */
  public Piece {
    objects = List.copyOf(objects);
  }

  /** Cuts it out of its picture. */
  public Patch cut(Origin origin, RgbImage picture) {
    return new Patch(
        origin,
        objects.stream()
            .map(each -> new PatchObject(each.index(), each.desc(), region.within(each.geometry())))
            .toList(),
        region.of(picture));
  }
}
