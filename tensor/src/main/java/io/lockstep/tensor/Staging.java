package io.lockstep.tensor;

import java.lang.foreign.Arena;

/** Host memory through which elements pass on their way between Java and a device. */
final class Staging implements AutoCloseable {

  private static final Operator EMPTY_LIKE = Operator.of("empty_like");

  private final Buffer buffer;
  private final AutoCloseable owner;
  private final Blob tensor;

  private Staging(Buffer buffer, Blob tensor, AutoCloseable owner) {
    this.buffer = buffer;
    this.tensor = tensor;
    this.owner = owner;
  }

  /** Memory as any other. */
  static Staging plain(long bytes) {
    Arena arena = Arena.ofConfined();
    Buffer buffer = Buffer.onHost(arena, Dtype.UINT8, bytes);
    return new Staging(buffer, Blob.of(buffer), arena);
  }

  /**
   * Memory that CUDA devices reach themselves, out of libtorch's own store, which takes it back
   * when the copies that were queued from it are done.
   */
  static Staging pinned(long bytes) {
    return ofLibtorch(bytes, true);
  }

  /** Memory of libtorch's, pinned or as any other. */
  static Staging ofLibtorch(long bytes, boolean pinned) {
    try (Blob like = Blob.owning(Native.emptyBroadcast(Dtype.UINT8, bytes))) {
      Blob tensor =
          Blob.owning(
              EMPTY_LIKE.applyToHandle(
                  Operator.tensor(like.array()),
                  Operator.none(),
                  Operator.none(),
                  Operator.none(),
                  Operator.some(Operator.flag(pinned)),
                  Operator.some(Operator.whole(0))));
      return new Staging(tensor.buffer(Devices.HOST, Dtype.UINT8, bytes), tensor, tensor);
    }
  }

  /** The bytes. */
  Buffer buffer() {
    return buffer;
  }

  /** The same bytes as a tensor. */
  Blob tensor() {
    return tensor;
  }

  @Override
  public void close() {
    try {
      tensor.close();
      owner.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("giving back host memory failed", e);
    }
  }
}
