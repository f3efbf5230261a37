package io.lockstep.worker.zero;

import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The ranges of the flat gradient that are reduced at once, and the segment with which going
 * backwards completes each: from the end of the buffer, in whole buckets, some megabytes at a time.
 *
 * @param bySegment the range that is complete with each segment; empty if none is
 */
public record GradientRanges(List<Optional<Range>> bySegment) {

  /** Values that are worth an exchange: smaller ones would spend their time on latency. */
  private static final long LEAST_FLOATS = 1 << 19;

  public GradientRanges {
    bySegment = List.copyOf(bySegment);
  }

  /** Cuts a buffer of segments. */
  public static GradientRanges of(List<SegmentSpec> segments, Buckets buckets) {
    List<Optional<Range>> ranges = new ArrayList<>();
    long from = buckets.floats();
    for (SegmentSpec segment : segments.reversed()) {
      long start = segment.start();
      long whole = start == 0 ? 0 : buckets.nextBoundary(start);
      boolean enough = from - whole >= LEAST_FLOATS || whole == 0;
      if (enough && whole < from) {
        ranges.add(Optional.of(new Range(whole, from)));
        from = whole;
      } else {
        ranges.add(Optional.empty());
      }
    }
    Collections.reverse(ranges);
    return new GradientRanges(ranges);
  }

  /** All at once, when going backwards is done. */
  public static GradientRanges whole(List<SegmentSpec> segments, Buckets buckets) {
    List<Optional<Range>> ranges =
        new ArrayList<>(Collections.nCopies(segments.size(), Optional.empty()));
    ranges.set(0, Optional.of(buckets.whole()));
    return new GradientRanges(ranges);
  }

  /** The ranges from the last one to the first. */
  public List<Range> descending() {
    return bySegment.reversed().stream().flatMap(Optional::stream).toList();
  }
}
