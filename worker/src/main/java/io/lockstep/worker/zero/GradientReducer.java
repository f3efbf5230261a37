package io.lockstep.worker.zero;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.FloatSum;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.data.plan.Shard;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.Routes.Leg;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntPredicate;

/**
 * Reduce-scatter of gradients along the one tree over all virtual ranks, and all-gather of updated
 * parameters.
 *
 * <p>Every rank has summed the largest subtrees inside its own block of virtual ranks. It sends
 * each owner that owner's range of those sums; the owner finishes the tree in tree order, a piece
 * at a time while the next one arrives. The sum is thus the same to the bit for every number of
 * workers, and a world of one takes the same path without sending anything.
 *
 * <p>Ranges are reduced from the end of the flat buffer to its beginning, as going backwards
 * completes them, by a thread of its own while the rest is still computed.
 *
 * <p>The rank that holds a replica of the shard is sent the result as well. Since it makes the same
 * update, it is left out when the updated parameters go round: with or without replicas a rank
 * sends the same number of bytes.
 */
public final class GradientReducer implements AutoCloseable {

  private static final List<String> PHASE_NAMES =
      List.of("reduce", "copy", "gather", "passes", "collect");
  private static final int PHASES = PHASE_NAMES.size();
  private static final int REDUCE = 0;
  private static final int COPY = 1;
  private static final int GATHER = 2;
  private static final int PASSES = 3;
  private static final int COLLECT = 4;

  /** Exchanges of one phase of a step, and their number in a tag: more than there can be. */
  private static final int MAX_PIECES = 1 << 24;

  private final Collective collective;
  private final Shard shard;
  private final Buckets buckets;
  private final boolean discards;
  private final Routes routes;
  private final List<PieceStreams.Source> sources = new ArrayList<>();
  private final List<Node> sourceNodes = new ArrayList<>();
  private final Scope scope = Scope.lasting();
  private final NDArray owned;
  private final NDArray copied;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("gradient-reducer").factory());

  private long step;
  private final List<Future<?>> pieces = new ArrayList<>();

  /**
   * A reducer for one generation of the world.
   *
   * @param shard what this rank owns and copies
   * @param discards whether the memory of sums that were reduced is given back to the operating
   *     system, range by range
   */
  public GradientReducer(
      Collective collective, Shard shard, Buckets buckets, int virtualRanks, boolean discards) {
    this.collective = collective;
    this.shard = shard;
    this.buckets = buckets;
    this.discards = discards;
    this.routes = new Routes(shard, buckets, virtualRanks);
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != collective.rank()) {
        int slot = 0;
        for (Node node : routes.coverOf(peer)) {
          sources.add(new PieceStreams.Source(peer, slot++));
          sourceNodes.add(node);
        }
      }
    }
    owned = scope.zeros(Dtype.FLOAT32, owned().floats());
    copied = scope.zeros(Dtype.FLOAT32, routes.copied().floats());
  }

  /** An exchange in words, such as {@code step 7, reduce}. */
  public static String exchangeName(long tag) {
    long phase = tag / MAX_PIECES;
    return "step %d, %s"
        .formatted(phase / PHASES, PHASE_NAMES.get(Math.toIntExact(phase % PHASES)));
  }

  /** The phase and the piece of an exchange, whatever its step. */
  public static long exchangeKind(long tag) {
    return tag % ((long) PHASES * MAX_PIECES);
  }

  private static long tag(long step, int phase, int piece) {
    return (step * PHASES + phase) * MAX_PIECES + piece;
  }

  /** The range of the flat buffer this rank owns. */
  public Range owned() {
    return routes.owned();
  }

  /** What this rank holds without asking anybody: what it owns and what it copies. */
  public List<Range> held() {
    return buckets.held(shard);
  }

  /** Begins a step. */
  public void begin(long newStep) {
    pieces.clear();
    step = newStep;
  }

  /**
   * Begins to sum a range over all virtual ranks, and returns at once. All ranks name the same
   * ranges in the same order.
   *
   * @param range of the flat buffer, not begun yet in this step
   * @param partials flat sums of exactly this rank's subtrees, complete over the range, where they
   *     are overwritten
   */
  public void reduce(Range range, Map<Node, NDArray> partials) {
    int piece = pieces.size();
    long reducedStep = step;
    Map<Node, MemorySegment> memory = new LinkedHashMap<>();
    partials.forEach((node, flat) -> memory.put(node, TensorMemory.of(flat)));
    pieces.add(
        thread.submit(() -> {
          sum(tag(reducedStep, REDUCE, piece), range, memory);
          if (discards) {
            memory.values().forEach(flat -> TensorMemory.discard(slice(flat, range)));
          }
          copy(tag(reducedStep, COPY, piece), range);
        }));
  }

  /**
   * Waits for all ranges of the step.
   *
   * @return the sum over what is owned and copied, valid until the next step begins
   * @throws CollectiveException if a peer was lost
   */
  public ReducedGradient finish() throws InterruptedException {
    for (Future<?> piece : pieces) {
      await(piece);
    }
    return new ReducedGradient(step, owned, copied);
  }

  /**
   * Waits for an exchange.
   *
   * @throws CollectiveException if a peer was lost
   */
  public static void await(Future<?> exchange) throws InterruptedException {
    try {
      exchange.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case CollectiveException lost -> throw lost;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    }
  }

  private void sum(long tag, Range range, Map<Node, MemorySegment> partials) {
    List<MemorySegment> flats = List.copyOf(partials.values());
    List<Transfer> sends =
        routes.reduceSends(range).stream()
            .map(leg ->
                new Transfer(leg.peer(), leg.slot(), slice(flats.get(leg.slot()), leg.range())))
            .toList();
    Range part = owned().intersect(range);
    PieceStreams streams =
        part.floats() == 0 || sources.isEmpty()
            ? PieceStreams.NONE
            : new PieceStreams(
                part.floats() * Float.BYTES,
                sources,
                (offset, received) ->
                    finish(part, offset, received.getFirst().byteSize(), partials, received));
    collective.exchange(tag, sends, List.of(), streams);
    if (sources.isEmpty()) {
      finish(part, 0, part.floats() * Float.BYTES, partials, List.of());
    }
  }

  /**
   * Finishes the tree over a few values.
   *
   * @param part what of the flat buffer is being summed
   * @param offset where in it the values begin, in bytes
   * @param bytes how many bytes they have
   * @param received the same values of every source, in order; may be written to
   */
  private void finish(
      Range part,
      long offset,
      long bytes,
      Map<Node, MemorySegment> partials,
      List<MemorySegment> received) {
    long at = part.start() * Float.BYTES + offset;
    Map<Node, MemorySegment> parts = new LinkedHashMap<>();
    for (int source = 0; source < sourceNodes.size(); source++) {
      parts.put(sourceNodes.get(source), received.get(source));
    }
    partials.forEach((node, flat) -> parts.put(node, flat.asSlice(at, bytes)));
    MemorySegment into = TensorMemory.of(owned).asSlice(at - owned().start() * Float.BYTES, bytes);
    MemorySegment sum =
        routes
            .tree()
            .fold(
                parts,
                (left, right) -> {
                  FloatSum.add(left, right, bytes / Float.BYTES);
                  return left;
                });
    into.copyFrom(sum);
  }

  /** Passes the own sum to the replica, and receives that of which this rank holds the replica. */
  private void copy(long tag, Range range) {
    collective.exchange(
        tag,
        transfers(routes.copySends(range), owned, owned()),
        transfers(routes.copyReceives(range), copied, routes.copied()));
  }

  private static List<Transfer> transfers(List<Leg> legs, NDArray values, Range all) {
    MemorySegment memory = TensorMemory.of(values);
    return legs.stream()
        .map(leg -> {
          Range part = leg.range();
          long offset = (part.start() - all.start()) * Float.BYTES;
          return new Transfer(
              leg.peer(), leg.slot(), memory.asSlice(offset, part.floats() * Float.BYTES));
        })
        .toList();
  }

  /**
   * Sends this rank's range of the flat parameters to all who have not computed it themselves, and
   * receives what it has not computed, in place.
   */
  public void gather(long ofStep, MemorySegment flat) {
    gather(tag(ofStep, GATHER, 0), flat, List.of(buckets.whole()), rank -> true);
  }

  /**
   * Begins to give parameters to those ranks that want them, and returns at once. All ranks name
   * the same ranges and takers, in the same order among all that they begin.
   *
   * @param number of this exchange among the step's
   * @param ranges disjoint ranges of the flat parameters
   * @return done when what this rank wants is in its place
   */
  public Future<?> beginGather(
      int number, MemorySegment flat, List<Range> ranges, IntPredicate takes) {
    long tag = tag(step, GATHER, number);
    Future<?> begun = thread.submit(() -> gather(tag, flat, ranges, takes));
    pieces.add(begun);
    return begun;
  }

  /** Gives rank 0 all parameters after a step was applied. */
  public void collect(long ofStep, MemorySegment flat) {
    gather(tag(ofStep, COLLECT, 0), flat, List.of(buckets.whole()), rank -> rank == 0);
  }

  private void gather(long tag, MemorySegment flat, List<Range> ranges, IntPredicate takes) {
    collective.exchange(
        tag,
        transfers(routes.gatherSends(ranges, takes), flat),
        transfers(routes.gatherReceives(ranges, takes), flat));
  }

  private static List<Transfer> transfers(List<Leg> legs, MemorySegment flat) {
    return legs.stream()
        .map(leg -> new Transfer(leg.peer(), leg.slot(), slice(flat, leg.range())))
        .toList();
  }

  /**
   * Tells all ranks something at the beginning of a step.
   *
   * @param parts one for each rank, in order; the own one is read, the others are filled
   */
  public void tellPasses(MemorySegment[] parts) {
    collective.allGather(tag(step, PASSES, 0), parts);
  }

  private static MemorySegment slice(MemorySegment flat, Range range) {
    return flat.asSlice(range.start() * Float.BYTES, range.floats() * Float.BYTES);
  }

  /** Frees the sums; what is under way has ended, for the collective is closed before. */
  @Override
  public void close() {
    thread.close();
    scope.close();
  }
}
