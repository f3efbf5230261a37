package io.lockstep.data.dataset;

import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.ImageRecord;
import java.util.List;

/**
 * A record after augmentation.
 *
 * @param record its objects, size and summary are those of the augmented picture; its images still
 *     name the files that were augmented
 * @param pictures the augmented pictures, in the order of the record's images
 */
public record AugmentedRecord(ImageRecord record, List<RgbImage> pictures) {

  public AugmentedRecord {
    pictures = List.copyOf(pictures);
  }
}
