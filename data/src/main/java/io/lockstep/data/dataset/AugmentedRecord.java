package io.lockstep.data.dataset;

import io.lockstep.data.augment.OperatorCounts;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.record.ImageRecord;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A record after augmentation.
 *
 * @param record its objects, size and summary are those of the augmented picture; its images still
 *     name the files that were augmented
 * @param pictures the augmented pictures, in the order of the record's images
 * @param counts what operators did, by the names of {@link OperatorCounts}, without zeros
 */
public record AugmentedRecord(
    ImageRecord record, List<RgbImage> pictures, SortedMap<String, Long> counts) {

  public AugmentedRecord {
    pictures = List.copyOf(pictures);
    counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
  }
}
