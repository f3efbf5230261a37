package io.lockstep.tensor;

/**
 * Memory that libtorch computes on and Java doesn't reach: copies and kernels are libtorch's
 * operators. Copies between host memory and the device have arrived when they return, unless they
 * come from arrays of Java: those are queued behind what the device computes.
 */
abstract class TorchDevice extends Device {

  /** Arrays pass through host memory in pieces of at most this. */
  private static final long PIECE_BYTES = 64L << 20;

  private final Kernels kernels = new TorchKernels(this);

  TorchDevice(String name, int torchKind, int ordinal) {
    super(name, torchKind, ordinal);
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

  @Override
  void zero(Buffer buffer) {
    try (Blob blob = Blob.of(buffer)) {
      Native.zero(Native.handle(blob.array()));
    }
  }
}
