package io.lockstep.collective.nccl;

import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import java.lang.foreign.MemorySegment;

/**
 * One message of an exchange on this rank's side, cut into pieces. The memory that NCCL reads or
 * writes lies on the device: the message's own, or a staging area of two pieces in turn.
 */
abstract sealed class Leg {

  private final int peer;
  private final int slot;
  private final long bytes;
  private final long pieceBytes;
  private final boolean sends;

  private Leg(int peer, int slot, long bytes, long pieceBytes, boolean sends) {
    this.peer = peer;
    this.slot = slot;
    this.bytes = bytes;
    this.pieceBytes = pieceBytes;
    this.sends = sends;
  }

  static Leg send(Transfer transfer, long pieceBytes) {
    return transfer.memory().device().isHost()
        ? new StagedSend(transfer, pieceBytes)
        : new Direct(transfer, pieceBytes, true);
  }

  static Leg receive(Transfer transfer, long pieceBytes) {
    return transfer.memory().device().isHost()
        ? new StagedReceive(transfer, pieceBytes)
        : new Direct(transfer, pieceBytes, false);
  }

  final int peer() {
    return peer;
  }

  final int slot() {
    return slot;
  }

  final long bytes() {
    return bytes;
  }

  final boolean sends() {
    return sends;
  }

  /** Length of a piece, 0 after the last. */
  final long length(int piece) {
    return Math.clamp(bytes - piece * pieceBytes, 0, pieceBytes);
  }

  /** Bytes of all pieces before one. */
  final long before(int piece) {
    return Math.min(bytes, piece * pieceBytes);
  }

  private long longest() {
    return length(0);
  }

  /** Whether pieces wait neither for copies nor for anybody who takes them. */
  abstract boolean isDirect();

  /** Pinned memory that is needed. */
  long pinnedRoom() {
    return 2 * Staging.room(longest());
  }

  /** Device memory that is needed. */
  long deviceRoom() {
    return 2 * Staging.room(longest());
  }

  /** Takes that memory. */
  abstract void take(Staging staging);

  /** Where NCCL reads or writes a piece. */
  abstract long address(int piece);

  /** Before a piece is sent or received. */
  void prepare(int piece, CudaRuntime cuda, long stream) {}

  /** A piece has been queued: what follows it on the stream. */
  void queued(int piece, CudaRuntime cuda, long stream) {}

  /** What was queued is done. */
  void arrived(int piece) {}

  final NcclResult post(int piece, NcclLibrary nccl, long communicator, long stream) {
    return sends
        ? nccl.send(address(piece), length(piece), peer, communicator, stream)
        : nccl.receive(address(piece), length(piece), peer, communicator, stream);
  }

  /** A view of memory that another thread may have allocated. */
  private static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** A message that lies on the device. */
  private static final class Direct extends Leg {
    private final long address;

    Direct(Transfer transfer, long pieceBytes, boolean sends) {
      super(transfer.peer(), transfer.slot(), transfer.bytes(), pieceBytes, sends);
      address = transfer.memory().address();
    }

    @Override
    boolean isDirect() {
      return true;
    }

    @Override
    long pinnedRoom() {
      return 0;
    }

    @Override
    long deviceRoom() {
      return 0;
    }

    @Override
    void take(Staging staging) {
      // The message's own memory is what NCCL reads or writes.
    }

    @Override
    long address(int piece) {
      return address + before(piece);
    }
  }

  /** Passes through staging areas. */
  abstract static sealed class Staged extends Leg {
    private final long[] pinned = new long[2];
    private final long[] device = new long[2];

    private Staged(int peer, int slot, long bytes, long pieceBytes, boolean sends) {
      super(peer, slot, bytes, pieceBytes, sends);
    }

    @Override
    final boolean isDirect() {
      return false;
    }

    @Override
    final void take(Staging staging) {
      for (int turn = 0; turn < 2; turn++) {
        pinned[turn] = pinnedRoom() == 0 ? 0 : staging.takePinned(length(0));
        device[turn] = staging.takeDevice(length(0));
      }
    }

    @Override
    final long address(int piece) {
      return device[piece % 2];
    }

    final long pinned(int piece) {
      return pinned[piece % 2];
    }
  }

  private static final class StagedSend extends Staged {
    private final MemorySegment memory;

    StagedSend(Transfer transfer, long pieceBytes) {
      super(transfer.peer(), transfer.slot(), transfer.bytes(), pieceBytes, true);
      memory = transfer.memory().lentBytes();
    }

    @Override
    void prepare(int piece, CudaRuntime cuda, long stream) {
      long length = length(piece);
      at(pinned(piece), length).copyFrom(memory.asSlice(before(piece), length));
      cuda.copyToDevice(address(piece), pinned(piece), length, stream);
    }
  }

  private static final class StagedReceive extends Staged {
    private final MemorySegment memory;

    StagedReceive(Transfer transfer, long pieceBytes) {
      super(transfer.peer(), transfer.slot(), transfer.bytes(), pieceBytes, false);
      memory = transfer.memory().lentBytes();
    }

    @Override
    void queued(int piece, CudaRuntime cuda, long stream) {
      cuda.copyToHost(pinned(piece), address(piece), length(piece), stream);
    }

    @Override
    void arrived(int piece) {
      long length = length(piece);
      memory.asSlice(before(piece), length).copyFrom(at(pinned(piece), length));
    }
  }

  /** A message that is taken piece by piece, on the device or in host memory. */
  static final class Streamed extends Staged {
    private final boolean onHost;

    Streamed(int peer, int slot, long bytes, long pieceBytes, boolean onHost) {
      super(peer, slot, bytes, pieceBytes, false);
      this.onHost = onHost;
    }

    @Override
    long pinnedRoom() {
      return onHost ? super.pinnedRoom() : 0;
    }

    @Override
    void queued(int piece, CudaRuntime cuda, long stream) {
      if (onHost) {
        cuda.copyToHost(pinned(piece), address(piece), length(piece), stream);
      }
    }

    /** A piece that has arrived, where the sink takes it. */
    Buffer piece(int piece, PieceStreams streams) {
      return Buffer.at(
          onHost ? pinned(piece) : address(piece),
          streams.dtype(),
          length(piece) / streams.dtype().bytes(),
          streams.device());
    }
  }
}
