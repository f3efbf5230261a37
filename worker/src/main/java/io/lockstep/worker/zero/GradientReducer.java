package io.lockstep.worker.zero;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.NativeReduction;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.data.plan.Shard;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.ClusterConfig.Reduction;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.Routes.Leg;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Reduce-scatter of gradients along the one tree over all virtual ranks, and all-gather of updated
 * parameters.
 *
 * <p>Every rank has summed the largest subtrees inside its own block of virtual ranks. It sends
 * each owner that owner's range of those sums; the owner finishes the tree in tree order, a piece
 * at a time while the next one arrives. The sum is thus the same to the bit for every number of
 * workers, and a single worker takes the same path without sending anything.
 *
 * <p>Ranges are reduced from the end of the flat buffer to its beginning, as going backwards
 * completes them, by a thread of its own while the rest is still computed.
 *
 * <p>Sums may be left to the transport's own library instead: each rank then gives the sum of its
 * block alone, and the order in which the library adds those holds for this number of ranks only.
 *
 * <p>The rank that holds a replica of the shard is sent the result as well. Since it makes the same
 * update, it is left out when the updated parameters go round: with or without replicas a rank
 * sends the same number of bytes.
 */
public final class GradientReducer implements AutoCloseable {

  private static final List<String> PHASE_NAMES =
      List.of("reduce", "copy", "gather", "passes", "collect", "counts");
  private static final int PHASES = PHASE_NAMES.size();
  private static final int REDUCE = 0;
  private static final int COPY = 1;
  private static final int GATHER = 2;
  private static final int PASSES = 3;
  private static final int COLLECT = 4;
  private static final int COUNTS = 5;

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
  private final Device device;

  /** What sums instead of the tree over all virtual ranks, if the run leaves it that. */
  private final Optional<NativeReduction> library;

  private final Buffer owned;
  private final Buffer copied;

  /** Room for a piece of each source, where pieces have to be copied to the device. */
  private final List<Buffer> arrived = new ArrayList<>();

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("gradient-reducer").factory());

  private long step;
  private final List<Future<?>> pieces = new ArrayList<>();

  /**
   * A reducer for the members of one generation.
   *
   * @param shard what this rank owns and copies
   * @param discards whether the memory of sums that were reduced is given back to the operating
   *     system, range by range
   * @param device where gradients and parameters lie
   * @param reduction who sums
   * @throws IllegalStateException if sums are left to the transport and it makes none
   */
  public GradientReducer(
      Collective collective,
      Shard shard,
      Buckets buckets,
      int virtualRanks,
      boolean discards,
      Device device,
      Reduction reduction) {
    this.collective = collective;
    this.shard = shard;
    this.buckets = buckets;
    this.discards = discards;
    this.device = device;
    this.library =
        switch (reduction) {
          case ORDERED -> Optional.empty();
          case NATIVE -> Optional.of(requireNative(collective));
        };
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
    owned = scope.zeros(device, Dtype.FLOAT32, owned().floats());
    copied = scope.zeros(device, Dtype.FLOAT32, routes.copied().floats());
  }

  private static NativeReduction requireNative(Collective collective) {
    return collective
        .nativeReduction()
        .orElseThrow(() ->
            new IllegalStateException(
                "cluster.reduction: native leaves sums to NCCL, and this membership goes over TCP, which makes none; take cluster.reduction: ordered"));
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
    Map<Node, Buffer> memory = new LinkedHashMap<>();
    partials.forEach((node, flat) -> memory.put(node, Buffer.of(flat)));
    pieces.add(
        thread.submit(() -> {
          if (library.isPresent()) {
            sumNatively(library.get(), tag(reducedStep, REDUCE, piece), range, memory);
          } else {
            sum(tag(reducedStep, REDUCE, piece), range, memory);
          }
          if (discards) {
            memory.values().forEach(flat -> slice(flat, range).discard());
          }
          if (library.isEmpty() || !routes.everybodyHoldsAll()) {
            copy(tag(reducedStep, COPY, piece), range);
          }
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

  private void sum(long tag, Range range, Map<Node, Buffer> partials) {
    List<Buffer> flats = List.copyOf(partials.values());
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
                Dtype.FLOAT32,
                part.floats(),
                sources,
                device,
                (offset, received) ->
                    finish(
                        new Range(
                            part.start() + offset,
                            part.start() + offset + received.getFirst().elements()),
                        partials,
                        received));
    collective.exchange(tag, sends, List.of(), streams);
    if (sources.isEmpty()) {
      finish(part, partials, List.of());
    }
  }

  /**
   * Finishes the tree over a few values.
   *
   * @param values where in the flat buffer they lie
   * @param received the same values of every source, in order; may be written to
   */
  private void finish(Range values, Map<Node, Buffer> partials, List<Buffer> received) {
    Map<Node, Buffer> parts = new LinkedHashMap<>();
    for (int source = 0; source < sourceNodes.size(); source++) {
      parts.put(sourceNodes.get(source), onDevice(source, received.get(source)));
    }
    partials.forEach((node, flat) -> parts.put(node, slice(flat, values)));
    Buffer sum =
        routes
            .tree()
            .fold(
                parts,
                (left, right) -> {
                  device.kernels().add(left, right);
                  return left;
                });
    var _ = owned.slice(values.start() - owned().start(), values.floats()).copyFrom(sum);
  }

  /** Sums the own block here, and leaves the sum over all blocks to the transport's library. */
  private void sumNatively(
      NativeReduction summing, long tag, Range range, Map<Node, Buffer> partials) {
    List<Buffer> block = partials.values().stream().map(flat -> slice(flat, range)).toList();
    Buffer sum = block.getFirst();
    block.stream().skip(1).forEach(other -> device.kernels().add(sum, other));
    if (routes.everybodyHoldsAll()) {
      summing.allReduce(tag, sum);
      keep(sum, range, routes.copied(), copied);
    } else {
      summing.reduceScatter(
          tag,
          IntStream.range(0, collective.size())
              .mapToObj(rank -> partOf(sum, range, routes.ownedBy(rank).intersect(range)))
              .toList());
    }
    keep(sum, range, owned(), owned);
  }

  /** Keeps of a range's sums those of another range. */
  private static void keep(Buffer sum, Range range, Range kept, Buffer into) {
    Range part = kept.intersect(range);
    if (part.floats() > 0) {
      var _ =
          into.slice(part.start() - kept.start(), part.floats()).copyFrom(partOf(sum, range, part));
    }
  }

  private static Buffer partOf(Buffer values, Range range, Range part) {
    return part.floats() == 0
        ? values.slice(0, 0)
        : values.slice(part.start() - range.start(), part.floats());
  }

  /** A piece that has arrived, where the kernels need it. */
  private Buffer onDevice(int source, Buffer piece) {
    if (piece.device().equals(device)) {
      return piece;
    }
    if (arrived.isEmpty()) {
      // The first piece is the longest.
      for (int i = 0; i < sources.size(); i++) {
        arrived.add(scope.zeros(device, Dtype.FLOAT32, piece.elements()));
      }
    }
    return arrived.get(source).slice(0, piece.elements()).copyFrom(piece);
  }

  /** Passes the own sum to the replica, and receives that of which this rank holds the replica. */
  private void copy(long tag, Range range) {
    collective.exchange(
        tag,
        transfers(routes.copySends(range), owned, owned()),
        transfers(routes.copyReceives(range), copied, routes.copied()));
  }

  private static List<Transfer> transfers(List<Leg> legs, Buffer values, Range all) {
    return legs.stream()
        .map(leg -> {
          Range part = leg.range();
          return new Transfer(
              leg.peer(), leg.slot(), values.slice(part.start() - all.start(), part.floats()));
        })
        .toList();
  }

  /**
   * Sends this rank's range of the flat parameters to all who have not computed it themselves, and
   * receives what it has not computed, in place.
   */
  public void gather(long ofStep, Buffer flat) {
    if (library.isPresent()) {
      library
          .get()
          .allGather(
              tag(ofStep, GATHER, 0),
              IntStream.range(0, collective.size())
                  .mapToObj(rank -> slice(flat, routes.ownedBy(rank)))
                  .toList());
      return;
    }
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
  public Future<?> beginGather(int number, Buffer flat, List<Range> ranges, IntPredicate takes) {
    long tag = tag(step, GATHER, number);
    Future<?> begun = thread.submit(() -> gather(tag, flat, ranges, takes));
    pieces.add(begun);
    return begun;
  }

  /** Gives rank 0 all parameters after a step was applied. */
  public void collect(long ofStep, Buffer flat) {
    gather(tag(ofStep, COLLECT, 0), flat, List.of(buckets.whole()), rank -> rank == 0);
  }

  private void gather(long tag, Buffer flat, List<Range> ranges, IntPredicate takes) {
    List<Transfer> receives = transfers(routes.gatherReceives(ranges, takes), flat);
    receives.forEach(receive -> receive.memory().commit());
    collective.exchange(tag, transfers(routes.gatherSends(ranges, takes), flat), receives);
  }

  private static List<Transfer> transfers(List<Leg> legs, Buffer flat) {
    return legs.stream()
        .map(leg -> new Transfer(leg.peer(), leg.slot(), slice(flat, leg.range())))
        .toList();
  }

  /**
   * Tells all ranks something at the beginning of a step.
   *
   * @param parts one for each rank, in order; the own one is read, the others are filled
   */
  public void tellPasses(Buffer[] parts) {
    collective.allGather(tag(step, PASSES, 0), parts);
  }

  /**
   * Tells all ranks what is to be counted at the beginning of a step.
   *
   * @param parts as for {@link #tellPasses}
   */
  public void tellCounts(Buffer[] parts) {
    collective.allGather(tag(step, COUNTS, 0), parts);
  }

  private static Buffer slice(Buffer flat, Range range) {
    return flat.slice(range.start(), range.floats());
  }

  /** Frees the sums; what is under way has ended, for the collective is closed before. */
  @Override
  public void close() {
    thread.close();
    scope.close();
  }
}
