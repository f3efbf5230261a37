package io.lockstep.worker.step;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.AbortedException;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.tree.Node;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.tensor.Buffer;
import io.lockstep.worker.zero.GradientReducer;
import io.lockstep.worker.zero.PassTable;
import io.lockstep.worker.zero.ResidentRanges;
import io.lockstep.worker.zero.StepSequence;
import io.lockstep.worker.zero.StepSequence.Event;
import io.lockstep.worker.zero.StepSequence.Gather;
import io.lockstep.worker.zero.StepSequence.Reduce;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of one step, sharded over the members: a segment's weights come to their place in
 * the flat buffer before it is computed, and are given back after it.
 *
 * <p>Every rank begins all exchanges of the step in one order, whether it takes part in their
 * rounds or only serves. So a rank that enters a segment begins everything before it that it has
 * skipped, and then waits for its own.
 */
final class FullyShardedParameters implements SegmentWeights {

  private final int rank;
  private final Parameters parameters;
  private final GradientReducer reducer;
  private final ResidentRanges resident;
  private final PassTable passes;
  private final List<Event> events;
  private final List<@Nullable Future<?>> begun = new ArrayList<>();

  /** The round of the pass that is being computed. */
  private int round;

  /** The last virtual rank's gradients; null before it. */
  private @Nullable GradientBucketHook last;

  private @Nullable Map<Node, NDArray> sums;

  /** The gradients of segments from here on are complete. */
  private int completeFrom = Integer.MAX_VALUE;

  FullyShardedParameters(
      int rank,
      Parameters parameters,
      GradientReducer reducer,
      ResidentRanges resident,
      PassTable passes,
      StepSequence sequence) {
    this.rank = rank;
    this.parameters = parameters;
    this.reducer = reducer;
    this.resident = resident;
    this.passes = passes;
    this.events = sequence.events();
  }

  /** The last virtual rank begins; it hands over to {@link #complete}. */
  void last(GradientBucketHook gradients) {
    last = gradients;
  }

  /** A range of the gradient is complete and may be reduced when its turn comes. */
  void complete(SegmentSpec segment, Map<Node, NDArray> complete) {
    sums = complete;
    completeFrom = segment.index();
  }

  @Override
  public Weights enter(SegmentSpec segment, Pass pass) {
    int own = indexOf(segment, pass);
    if (own >= 0) {
      while (begun.size() <= own) {
        begin();
      }
      serve();
      lookAhead((Gather) events.get(own));
      await(own);
    }
    return parameters;
  }

  /** The place of the exchange that brings a segment's weights; -1 if it has none. */
  private int indexOf(SegmentSpec segment, Pass pass) {
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i) instanceof Gather gather
          && gather.round() == round
          && gather.pass() == pass
          && gather.segment().index() == segment.index()) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public void leave(SegmentSpec segment, Pass pass) {
    int own = indexOf(segment, pass);
    if (own >= 0) {
      resident.discard(((Gather) events.get(own)).ranges());
    }
  }

  @Override
  public void gradientReady(SegmentSpec segment) {
    GradientBucketHook gradients = last;
    if (gradients != null) {
      gradients.from(segment);
      serve();
    }
  }

  /** A pass is over: the rest of its round is the other ranks'. */
  void passDone() {
    while (begun.size() < events.size() && events.get(begun.size()).round() == round) {
      begin();
    }
    round++;
  }

  /** All passes of this rank are over: it serves the rounds of those that have more. */
  void stepDone() {
    while (begun.size() < events.size()) {
      begin();
    }
  }

  /** Begins what is next as long as this rank can take part in it now. */
  private void serve() {
    while (begun.size() < events.size() && isServed(events.get(begun.size()))) {
      begin();
    }
  }

  private boolean isServed(Event next) {
    return switch (next) {
      case Gather gather -> !passes.takesPart(rank, gather.round(), gather.segment());
      case Reduce reduce -> reduce.segment().index() >= completeFrom;
    };
  }

  /**
   * Begins the gather of the next segment, unless its place is that of one in use. What is served
   * before it is begun by then.
   */
  private void lookAhead(Gather current) {
    if (begun.size() < events.size()
        && events.get(begun.size()) instanceof Gather next
        && next.round() == round
        && !next.overlaps(current)) {
      begin();
      serve();
    }
  }

  private void begin() {
    int number = begun.size();
    switch (events.get(number)) {
      case Gather gather ->
          begun.add(
              reducer.beginGather(
                  number,
                  Buffer.of(parameters.flat()),
                  gather.ranges(),
                  taker -> passes.takesPart(taker, gather.round(), gather.segment())));
      case Reduce reduce -> {
        Map<Node, NDArray> complete = sums;
        if (complete == null || reduce.segment().index() < completeFrom) {
          throw new IllegalStateException(
              "the gradient of " + reduce.segment().name() + " is to be reduced too early");
        }
        reducer.reduce(reduce.range(), complete);
        begun.add(null);
      }
    }
  }

  private void await(int number) {
    try {
      Future<?> gather = begun.get(number);
      if (gather != null) {
        GradientReducer.await(gather);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AbortedException(
          rank, CollectiveException.NO_PEER, 0, "interrupted while weights were gathered", e);
    }
  }
}
