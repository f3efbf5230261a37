package io.lockstep.worker.zero;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights.Pass;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.ArrayList;
import java.util.List;

/**
 * All exchanges of a step in which weights are shared out, in the one order in which every rank
 * begins them.
 *
 * <p>A step runs in rounds; in each, weights are gathered segment by segment in ascending order for
 * going forward, and in descending order for going backward; the last segment's graph is kept, so
 * that it needs no second time. Segments that nobody computes in a round are left out. In the last
 * round, the gradient that a segment completes is reduced after the weights of the segment before
 * it are gathered: those are needed first.
 *
 * @param events the exchanges
 */
public record StepSequence(List<Event> events) {

  /** One exchange. */
  public sealed interface Event {
    /** The round it belongs to. */
    int round();
  }

  /**
   * A segment's weights go to those that compute it in the round.
   *
   * @param ranges of the flat parameters
   */
  public record Gather(int round, SegmentSpec segment, Pass pass, List<Range> ranges)
      implements Event {

    public Gather {
      ranges = List.copyOf(ranges);
    }

    /** Whether both concern some value. */
    public boolean overlaps(Gather other) {
      return ranges.stream()
          .anyMatch(range ->
              other.ranges.stream().anyMatch(theirs -> range.intersect(theirs).floats() > 0));
    }
  }

  /** A range of the gradient is reduced. */
  public record Reduce(int round, SegmentSpec segment, Range range) implements Event {}

  public StepSequence {
    events = List.copyOf(events);
  }

  /**
   * The sequence of a step.
   *
   * @param layout of the trained parameters
   */
  public static StepSequence of(
      List<SegmentSpec> segments, ParameterLayout layout, GradientRanges ranges, PassTable passes) {
    List<Event> events = new ArrayList<>();
    for (int round = 0; round < passes.rounds(); round++) {
      boolean last = round == passes.rounds() - 1;
      for (SegmentSpec segment : segments) {
        addGather(events, round, segment, Pass.FORWARD, layout, passes);
      }
      for (SegmentSpec segment : segments.reversed()) {
        boolean isLast = segment.index() == segments.size() - 1;
        if (!isLast) {
          addGather(events, round, segment, Pass.BACKWARD, layout, passes);
        }
        if (last && !isLast) {
          addReduce(events, round, segments.get(segment.index() + 1), ranges);
        }
      }
      if (last) {
        addReduce(events, round, segments.getFirst(), ranges);
      }
    }
    return new StepSequence(events);
  }

  private static void addGather(
      List<Event> events,
      int round,
      SegmentSpec segment,
      Pass pass,
      ParameterLayout layout,
      PassTable passes) {
    if (segment.trains() && passes.anyTakesPart(round, segment)) {
      events.add(new Gather(round, segment, pass, weights(segment, layout)));
    }
  }

  private static void addReduce(
      List<Event> events, int round, SegmentSpec segment, GradientRanges ranges) {
    ranges
        .bySegment()
        .get(segment.index())
        .ifPresent(range -> events.add(new Reduce(round, segment, range)));
  }

  /** The ranges of the flat parameters that a segment reads. */
  static List<Range> weights(SegmentSpec segment, ParameterLayout layout) {
    List<Range> ranges = new ArrayList<>();
    for (int shared : segment.sharedSlots()) {
      ParameterLayout.Slot slot = layout.slots().get(shared);
      ranges.add(new Range(slot.offset(), slot.end()));
    }
    if (segment.end() > segment.start()) {
      ranges.add(new Range(segment.start(), segment.end()));
    }
    return ranges;
  }
}
