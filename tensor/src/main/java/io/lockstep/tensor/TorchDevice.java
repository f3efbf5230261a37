package io.lockstep.tensor;

import java.util.Optional;

/**
 * Memory that libtorch computes on and Java doesn't reach: copies and kernels are libtorch's
 * operators. Copies between host memory and the device have arrived when they return, unless they
 * come from arrays of Java: those are queued behind what the device computes.
 */
abstract class TorchDevice extends Device {

  /** Arrays pass through host memory in pieces of at most this. */
  private static final long PIECE_BYTES = 64L << 20;

  private final Kernels kernels = new TorchKernels(this);
  private final Optional<SparseMemory> sparse;

  /**
   * A device.
   *
   * @param sparse where tensors lie of which parts may have no memory; empty if it has no such
   *     thing, then all parts have memory always
   */
  TorchDevice(String name, int torchKind, int ordinal, Optional<SparseMemory> sparse) {
    super(name, torchKind, ordinal);
    this.sparse = sparse;
  }

  @Override
  public final boolean isHost() {
    return false;
  }

  @Override
  public final Kernels kernels() {
    return kernels;
  }

  @Override
  void copy(Buffer from, Buffer into) {
    if (from.isOnHeap()) {
      upload(from.asBytes(), into.asBytes());
    } else if (into.isOnHeap()) {
      try (Staging staging = staging(from.bytes())) {
        transfer(from.asBytes(), staging.buffer());
        Devices.HOST.copy(staging.buffer(), into);
      }
    } else {
      transfer(from.asBytes(), into.asBytes());
    }
  }

  private static void transfer(Buffer from, Buffer into) {
    try (Blob source = Blob.of(from);
        Blob target = Blob.of(into)) {
      Ops.copyInto(target.array(), source.array());
    }
  }

  private void upload(Buffer from, Buffer into) {
    for (long at = 0; at < from.bytes(); at += PIECE_BYTES) {
      long length = Math.min(PIECE_BYTES, from.bytes() - at);
      try (Staging staging = staging(length);
          Blob piece = Blob.of(into.slice(at, length))) {
        Devices.HOST.copy(from.slice(at, length), staging.buffer());
        Ops.queueCopy(piece.array(), staging.tensor().array());
      }
    }
  }

  /** Bytes of the device that tensors with missing parts take now. */
  final long sparseBytes() {
    return sparse.map(SparseMemory::takenBytes).orElse(0L);
  }

  @Override
  Optional<SparseMemory.Reservation> reserve(long bytes) {
    return sparse.map(memory -> memory.reserve(bytes));
  }

  @Override
  void commit(Buffer buffer) {
    sparse.ifPresent(memory -> {
      for (SparseMemory.Extent added : memory.commit(buffer.address(), buffer.bytes())) {
        Buffer.at(added.address(), Dtype.UINT8, added.bytes(), this).zero();
      }
    });
  }

  @Override
  long discard(Buffer buffer) {
    return sparse.map(memory -> memory.discard(buffer.address(), buffer.bytes())).orElse(0L);
  }

  @Override
  void zero(Buffer buffer) {
    try (Blob blob = Blob.of(buffer)) {
      Native.zero(Native.handle(blob.array()));
    }
  }
}
