package io.lockstep.data.augment.operator;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a barrier made of a picture.
 *
 * @param out the picture with its objects
 * @param keptIndices which of the objects that went in came out, by their place, ascending
 * @param coverages for each of them, how much of it is still to be seen: from 0 to 1
 */
public record BarrierResult(
    AnnotatedPicture out, List<Integer> keptIndices, List<Double> coverages) {

  /** Checks that the lists are equally long. */
  public BarrierResult {
    keptIndices = List.copyOf(keptIndices);
    coverages = List.copyOf(coverages);
    if (keptIndices.size() != coverages.size()) {
      throw new IllegalArgumentException(
          "%d objects were kept, but there are %d coverages"
              .formatted(keptIndices.size(), coverages.size()));
    }
  }

  /** All of the objects that went in came out whole; others may have been added after them. */
  public static BarrierResult keepingAll(AnnotatedPicture in, AnnotatedPicture out) {
    int count = in.objects().size();
    return new BarrierResult(
        out, IntStream.range(0, count).boxed().toList(), Collections.nCopies(count, 1.0));
  }
}
