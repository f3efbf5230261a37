package io.lockstep.worker.loader;

import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.model.batch.Truth;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.worker.config.DetectionSection.Captions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The objects of records as a detection head learns them. Polygons and lines are learned as the
 * least box around them, whose sides are at least a pixel long, in the part of it that lies in the
 * picture.
 */
public final class ObjectTruth {

  private final DetectionConfig head;
  private final Captions captions;
  private final Map<String, Integer> numbers = new HashMap<>();

  /**
   * The objects as a head learns them.
   *
   * @param head its captions are those of the training data
   */
  public ObjectTruth(DetectionConfig head, Captions captions) {
    this.head = head;
    this.captions = captions;
    for (String caption : head.captions()) {
      numbers.put(caption, numbers.size());
    }
  }

  /**
   * The objects of a record's picture, as the record has them: after augmentation, those of the
   * augmented picture. Nothing is known of conversations, and of records with several pictures.
   *
   * @throws SampleException if there are more than the head can find, or one has a caption that the
   *     head does not know
   */
  Optional<Truth> of(DataRecord record) throws SampleException {
    if (!(record instanceof ImageRecord image) || image.images().size() != 1) {
      return Optional.empty();
    }
    if (image.objects().size() > head.queries()) {
      throw new SampleException(
          "%s has %d objects, more than the %d that the head finds: raise custom.detection.num_queries"
              .formatted(image.origin(), image.objects().size(), head.queries()));
    }
    List<TrueObject> objects = new ArrayList<>();
    for (DataObject object : image.objects()) {
      String caption = captions.of(object.desc());
      Integer number = numbers.get(caption);
      if (number == null) {
        throw new SampleException(
            "%s has an object '%s', whose caption '%s' is none of the %d that the head knows: they are those of the training data at the run's start"
                .formatted(image.origin(), object.desc(), caption, numbers.size()));
      }
      objects.add(learned(object, image, number));
    }
    return Optional.of(new Truth(objects));
  }

  private static TrueObject learned(DataObject object, ImageRecord image, int caption) {
    Box box = inside(object, image);
    return new TrueObject(
        (float) ((box.x1() + box.x2()) / 2 / image.width()),
        (float) ((box.y1() + box.y2()) / 2 / image.height()),
        (float) (box.width() / image.width()),
        (float) (box.height() / image.height()),
        caption);
  }

  /** The least box around an object in its picture, in pixels. */
  public static Box inside(DataObject object, ImageRecord image) {
    Frame frame = new Frame(image.width(), image.height());
    Box bounds = object.geometry().bounds();
    Point low = frame.nearest(new Point(bounds.x1(), bounds.y1()));
    Point high = frame.nearest(new Point(bounds.x2(), bounds.y2()));
    double[] x = atLeastAPixel(low.x(), high.x(), image.width());
    double[] y = atLeastAPixel(low.y(), high.y(), image.height());
    return new Box(x[0], y[0], x[1], y[1]);
  }

  private static double[] atLeastAPixel(double low, double high, int most) {
    if (high - low >= 1) {
      return new double[] {low, high};
    }
    double from = Math.clamp((low + high - 1) / 2, 0.0, most - 1.0);
    return new double[] {from, from + 1};
  }
}
