package io.lockstep.tensor;

import java.util.Optional;

/**
 * A kind of memory, and the kernels that compute on what lies there. {@link Devices} has them all.
 */
public abstract class Device {

  private final String name;
  private final int torchKind;
  private final int ordinal;

  /**
   * A device.
   *
   * @param name for messages
   * @param torchKind libtorch's number for the kind of device whose tensors lie here
   * @param ordinal its number among the devices of that kind that the process sees
   */
  Device(String name, int torchKind, int ordinal) {
    this.name = name;
    this.torchKind = torchKind;
    this.ordinal = ordinal;
  }

  /** Its name, for messages. */
  public final String name() {
    return name;
  }

  /** Libtorch's number for the kind of device whose tensors lie here. */
  final int torchKind() {
    return torchKind;
  }

  /** Its number among the devices of its kind that the process sees. */
  public final int ordinal() {
    return ordinal;
  }

  /** Whether Java reads and writes this memory in place. */
  public abstract boolean isHost();

  /** What computes on this memory. */
  public abstract Kernels kernels();

  /** What DJL calls it. */
  ai.djl.Device ofDjl() {
    return ai.djl.Device.cpu();
  }

  /** Makes this thread one that computes here. */
  void enter() {}

  /** Host memory for elements on their way from or to here. */
  Staging staging(long bytes) {
    return Staging.plain(bytes);
  }

  /** Copies the bytes of one buffer into another, equally long one; one of them lies here. */
  abstract void copy(Buffer from, Buffer into);

  /** Sets all bytes of a buffer that lies here to zero. */
  abstract void zero(Buffer buffer);

  /**
   * Addresses for a tensor of which parts may have no memory.
   *
   * @return empty if parts of any tensor may lack memory here, or of none
   */
  Optional<SparseMemory.Reservation> reserve(long bytes) {
    return Optional.empty();
  }

  /** See {@link Buffer#commit}. */
  void commit(Buffer buffer) {}

  /** See {@link Buffer#discard}. */
  abstract long discard(Buffer buffer);

  @Override
  public final String toString() {
    return name;
  }
}
