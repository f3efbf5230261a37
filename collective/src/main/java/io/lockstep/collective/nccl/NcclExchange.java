package io.lockstep.collective.nccl;

import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.TransferPlan;
import io.lockstep.tensor.Buffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Moves the messages of one exchange, whose headers both ends have compared.
 *
 * <p>NCCL knows no tags: sends to a peer meet its receives in the order in which both were posted.
 * That order is by piece, then by slot, on all ranks alike. How many pieces a rank posts as one
 * group is its own affair: one after the other where pieces are copied or taken as they come, many
 * together where all messages lie on the device.
 */
final class NcclExchange implements Progress {

  /** Operations of a group: few enough for NCCL's queues, enough to hide what a group costs. */
  private static final int MOST_OPERATIONS = 256;

  private final Channel channel;
  private final PieceStreams streams;
  private final List<Leg> legs = new ArrayList<>();
  private final List<Leg.Streamed> streamed = new ArrayList<>();
  private final Set<Integer> peers = new TreeSet<>();
  private final int pieces;

  /** Pieces that are done; read by threads that report stalls. */
  private volatile int done;

  /**
   * What exchanges of a collective use one after another.
   *
   * @param stream on which all of NCCL's operations are queued
   * @param ready happens when what computes the messages is done
   * @param ended happen when a group is done, in turn
   * @param taken happen when what takes pieces on the device is done, in turn
   */
  record Channel(
      NcclRuntime runtime,
      Staging staging,
      long stream,
      long ready,
      List<Long> ended,
      List<Long> taken) {

    static Channel open(NcclRuntime runtime) {
      CudaRuntime cuda = runtime.cuda();
      return new Channel(
          runtime,
          new Staging(cuda),
          cuda.createStream(),
          cuda.createEvent(),
          List.of(cuda.createEvent(), cuda.createEvent()),
          List.of(cuda.createEvent(), cuda.createEvent()));
    }

    /** What is queued on the stream from now on comes after what this thread has computed. */
    void followComputation() {
      CudaRuntime cuda = runtime.cuda();
      cuda.record(ready, runtime.currentStream().getAsLong());
      cuda.await(stream, ready);
    }

    void close() {
      CudaRuntime cuda = runtime.cuda();
      staging.free();
      ended.forEach(cuda::destroyEvent);
      taken.forEach(cuda::destroyEvent);
      cuda.destroyEvent(ready);
      cuda.destroyStream(stream);
    }
  }

  NcclExchange(Channel channel, TransferPlan plan, int rank, int size, long pieceBytes) {
    this.channel = channel;
    this.streams = plan.streams();
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank && plan.involves(peer)) {
        peers.add(peer);
        for (Transfer send : plan.sendsTo(peer)) {
          legs.add(Leg.send(send, pieceBytes));
        }
        for (Transfer receive : plan.receivesFrom(peer)) {
          legs.add(Leg.receive(receive, pieceBytes));
        }
      }
    }
    for (PieceStreams.Source source : streams.sources()) {
      streamed.add(
          new Leg.Streamed(
              source.peer(),
              source.slot(),
              streams.bytes(),
              pieceBytes,
              streams.device().isHost()));
    }
    legs.addAll(streamed);
    legs.sort(Comparator.comparingInt(Leg::slot));
    pieces =
        Math.toIntExact(
            legs.stream().mapToLong(leg -> Math.ceilDiv(leg.bytes(), pieceBytes)).max().orElse(0));
  }

  /** Pieces that are posted together. */
  private record Group(int first, int end, int turn) {}

  /**
   * Moves everything; returns when all receives are filled and nothing reads the sends any more.
   *
   * @return bytes that were sent
   */
  long run(Watch watch) {
    if (pieces == 0) {
      return 0;
    }
    Staging staging = channel.staging();
    staging.reserve(
        legs.stream().mapToLong(Leg::pinnedRoom).sum(),
        legs.stream().mapToLong(Leg::deviceRoom).sum());
    legs.forEach(leg -> leg.take(staging));
    channel.followComputation();
    @Nullable Group before = null;
    for (int first = 0, turn = 0; first < pieces; turn = 1 - turn) {
      Group group = new Group(first, endOfGroup(first), turn);
      queue(group, watch);
      if (before != null) {
        finish(before, watch);
      }
      before = group;
      first = group.end();
    }
    if (before != null) {
      finish(before, watch);
    }
    return legs.stream().filter(Leg::sends).mapToLong(Leg::bytes).sum();
  }

  private int endOfGroup(int first) {
    boolean direct = legs.stream().allMatch(leg -> leg.isDirect() || leg.length(first) == 0);
    int together = direct ? Math.max(1, MOST_OPERATIONS / legs.size()) : 1;
    return Math.min(pieces, first + together);
  }

  private void queue(Group group, Watch watch) {
    CudaRuntime cuda = channel.runtime().cuda();
    long stream = channel.stream();
    int first = group.first();
    if (!streams.device().isHost() && first >= 2) {
      cuda.await(stream, channel.taken().get(first % 2));
    }
    of(first).forEach(leg -> leg.prepare(first, cuda, stream));
    watch.post((nccl, communicator) -> {
      for (int piece = first; piece < group.end(); piece++) {
        for (Leg leg : of(piece)) {
          NcclResult posted = leg.post(piece, nccl, communicator, stream);
          if (!posted.isFine()) {
            return posted;
          }
        }
      }
      return NcclResult.SUCCESS;
    });
    of(first).forEach(leg -> leg.queued(first, cuda, stream));
    cuda.record(channel.ended().get(group.turn()), stream);
  }

  private List<Leg> of(int piece) {
    return legs.stream().filter(leg -> leg.length(piece) > 0).toList();
  }

  private void finish(Group group, Watch watch) {
    CudaRuntime cuda = channel.runtime().cuda();
    int first = group.first();
    watch.await(() -> cuda.hasHappened(channel.ended().get(group.turn())));
    of(first).forEach(leg -> leg.arrived(first));
    done = group.end();
    watch.progressed();
    if (streamed.isEmpty() || streamed.getFirst().length(first) == 0) {
      return;
    }
    List<Buffer> arrived = streamed.stream().map(leg -> leg.piece(first, streams)).toList();
    streams.sink().accept(streamed.getFirst().before(first) / streams.dtype().bytes(), arrived);
    if (!streams.device().isHost()) {
      cuda.record(channel.taken().get(first % 2), channel.runtime().currentStream().getAsLong());
    }
    watch.progressed();
  }

  @Override
  public List<With> peers() {
    int now = done;
    return peers.stream()
        .map(peer ->
            new With(
                peer,
                sum(peer, false, now),
                sum(peer, false, pieces),
                sum(peer, true, now),
                sum(peer, true, pieces)))
        .toList();
  }

  private long sum(int peer, boolean sends, int piece) {
    return legs.stream()
        .filter(leg -> leg.peer() == peer && leg.sends() == sends)
        .mapToLong(leg -> leg.before(piece))
        .sum();
  }
}
