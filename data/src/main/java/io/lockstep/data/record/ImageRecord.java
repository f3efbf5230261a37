package io.lockstep.data.record;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A picture with its annotated objects.
 *
 * @param images files, at least one, exactly one if there are objects
 * @param objects in the order of the file
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 * @param summary the text that summary mode teaches
 * @param metadata a JSON object as text, which nothing here interprets
 */
public record ImageRecord(
    Origin origin,
    List<Path> images,
    List<DataObject> objects,
    int width,
    int height,
    Optional<String> summary,
    Optional<String> metadata)
    implements DataRecord {

  public ImageRecord {
    images = List.copyOf(images);
    objects = List.copyOf(objects);
  }

  /** The same record with other objects. */
  public ImageRecord withObjects(List<DataObject> others) {
    return new ImageRecord(origin, images, others, width, height, summary, metadata);
  }

  /** The same record with another summary, or with none. */
  public ImageRecord withSummary(Optional<String> other) {
    return new ImageRecord(origin, images, objects, width, height, other, metadata);
  }
}
