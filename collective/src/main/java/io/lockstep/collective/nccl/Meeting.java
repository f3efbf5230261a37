package io.lockstep.collective.nccl;

import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Stall;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How the ranks of a membership make their communicator: rank 0 opens NCCL's meeting point and
 * tells the others its unique id, over connections that only members have.
 */
final class Meeting {

  /** Tag of what ranks tell each other before the first exchange. */
  static final long TAG = Long.MIN_VALUE;

  /** What the exchange is called in reports. */
  static final String NAME = "making the NCCL communicator";

  private static final long PIECE_AT = 0;
  private static final long VERSION_AT = Long.BYTES;
  private static final long ID_AT = 2 * Long.BYTES;
  private static final long BYTES = ID_AT + NcclLibrary.UNIQUE_ID_BYTES;

  private Meeting() {}

  /**
   * Makes this rank's communicator.
   *
   * @throws CollectiveException if a peer is lost, has another version or takes too long
   * @throws NcclException if NCCL can't be used here
   */
  static NcclCommunicator make(
      NcclRuntime runtime, TcpCollective connections, NcclOptions options) {
    runtime.cuda().useDevice(runtime.device());
    byte[] id = unite(runtime, connections, options);
    NcclCommunicator communicator =
        NcclCommunicator.begin(runtime, connections.size(), id, connections.rank());
    try {
      watch(communicator, connections, options)
          .await(() -> communicator.state() == NcclResult.SUCCESS);
    } catch (RuntimeException | Error failure) {
      communicator.abort();
      throw failure;
    }
    return communicator;
  }

  /** Everybody gets rank 0's id, and compares what has to be the same everywhere. */
  private static byte[] unite(NcclRuntime runtime, TcpCollective connections, NcclOptions options) {
    try (Arena arena = Arena.ofShared()) {
      Buffer memory = Buffer.onHost(arena, Dtype.UINT8, BYTES);
      MemorySegment message = memory.hostBytes();
      int rank = connections.rank();
      int version = runtime.nccl().version();
      if (rank == 0) {
        message.set(ValueLayout.JAVA_LONG, PIECE_AT, options.pieceBytes());
        message.set(ValueLayout.JAVA_LONG, VERSION_AT, version);
        MemorySegment.copy(
            runtime.nccl().uniqueId(),
            0,
            message,
            ValueLayout.JAVA_BYTE,
            ID_AT,
            NcclLibrary.UNIQUE_ID_BYTES);
        List<Transfer> sends = new ArrayList<>();
        others(connections).forEach(peer -> sends.add(new Transfer(peer, 0, memory)));
        connections.exchange(TAG, sends, List.of());
      } else {
        connections.exchange(TAG, List.of(), List.of(new Transfer(0, 0, memory)));
        long first = message.get(ValueLayout.JAVA_LONG, VERSION_AT);
        require(
            first == version,
            connections,
            "rank 0 has NCCL %s, this one %s: install the same version on all machines"
                .formatted(NcclRuntime.words(Math.toIntExact(first)), NcclRuntime.words(version)));
        long piece = message.get(ValueLayout.JAVA_LONG, PIECE_AT);
        require(
            piece == options.pieceBytes(),
            connections,
            "rank 0 cuts messages into pieces of %d bytes, this one of %d: start all workers from one release"
                .formatted(piece, options.pieceBytes()));
      }
      return message.asSlice(ID_AT).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static void require(boolean holds, TcpCollective connections, String problem) {
    if (!holds) {
      throw new CollectiveException(connections.rank(), 0, 0, 0, problem, null);
    }
  }

  private static Set<Integer> others(TcpCollective connections) {
    return IntStream.range(0, connections.size())
        .filter(peer -> peer != connections.rank())
        .boxed()
        .collect(Collectors.toSet());
  }

  /** A watch that gives up after a silence of the time that ranks may take. */
  private static Watch watch(
      NcclCommunicator communicator, TcpCollective connections, NcclOptions options) {
    Set<Integer> others = others(connections);
    Progress progress =
        () -> others.stream().map(peer -> new Progress.With(peer, 0, 1, 0, 0)).toList();
    int rank = connections.rank();
    long generation = connections.generation();
    Watch.Exchange exchange =
        new Watch.Exchange(
            rank,
            TAG,
            NAME,
            progress,
            (peer, silence) ->
                new Stall(rank, peer.peer(), "", generation, TAG, NAME, 0, 0, 0, 0, 0, silence));
    return new Watch(
        exchange,
        communicator,
        () -> connections.failureWith(others),
        options.closedGrace(),
        options.meeting(),
        stall -> {
          throw new CollectiveException(
              rank,
              CollectiveException.NO_PEER,
              0,
              0,
              "generation %d: the ranks are connected, but their NCCL communicator was not made within %d s; NCCL_DEBUG=INFO tells what it tries, NCCL_SOCKET_IFNAME which network it takes"
                  .formatted(generation, options.meeting().toSeconds()),
              null);
        });
  }
}
