package io.lockstep.data.augment.operator;

import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.DataObject;
import java.util.ArrayList;
import java.util.List;

/** A picture with what is annotated on it. */
public record AnnotatedPicture(RgbImage picture, List<TrackedObject> objects) {

  public AnnotatedPicture {
    objects = List.copyOf(objects);
  }

  /** A record's picture with its objects, in the record's order. */
  public static AnnotatedPicture of(RgbImage picture, List<DataObject> objects) {
    List<TrackedObject> tracked = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      DataObject object = objects.get(i);
      tracked.add(
          new TrackedObject(i, TrackedObject.Source.RECORD, object.desc(), object.geometry()));
    }
    return new AnnotatedPicture(picture, tracked);
  }

  /** The picture's area. */
  public Frame frame() {
    return new Frame(picture.width(), picture.height());
  }

  /** The objects as a record has them. */
  public List<DataObject> dataObjects() {
    return objects.stream()
        .map(object -> new DataObject(object.desc(), object.geometry()))
        .toList();
  }
}
