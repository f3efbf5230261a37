package io.lockstep.data.augment.operator;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a barrier made of a picture.
 *
 * @param out the picture with its objects
 * @param keptIndices which of the objects that went in came out, by their place, ascending
 * @param coverages for each of them, how much of it is still to be seen: from 0 to 1
 * @param skipped why the picture stayed as it was, one of the operator's {@link
 *     BarrierOperator#skipReasons reasons}; empty if the operator was carried out
 */
public record BarrierResult(
    AnnotatedPicture out,
    List<Integer> keptIndices,
    List<Double> coverages,
    Optional<String> skipped) {

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

  /** An operator that was carried out. */
  public BarrierResult(AnnotatedPicture out, List<Integer> keptIndices, List<Double> coverages) {
    this(out, keptIndices, coverages, Optional.empty());
  }

  /** The picture stays as it is. */
  public static BarrierResult skipped(AnnotatedPicture in, String reason) {
    BarrierResult whole = keepingAll(in, in);
    return new BarrierResult(in, whole.keptIndices, whole.coverages, Optional.of(reason));
  }

  /** All of the objects that went in came out whole; others may have been added after them. */
  public static BarrierResult keepingAll(AnnotatedPicture in, AnnotatedPicture out) {
    int count = in.objects().size();
    return new BarrierResult(
        out, IntStream.range(0, count).boxed().toList(), Collections.nCopies(count, 1.0));
  }
}
