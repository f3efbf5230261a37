package io.lockstep.tensor;

/**
 * A kind of memory, and the kernels that compute on what lies there. {@link Devices} has them all.
 */
public abstract class Device {

  private final String name;
  private final int torchKind;

  /**
   * A device.
   *
   * @param name for messages
   * @param torchKind libtorch's number for the kind of device whose tensors lie here
   */
  Device(String name, int torchKind) {
    this.name = name;
    this.torchKind = torchKind;
  }

  /** Its name, for messages. */
  public final String name() {
    return name;
  }

  /** Libtorch's number for the kind of device whose tensors lie here. */
  final int torchKind() {
    return torchKind;
  }

  /** Whether Java reads and writes this memory in place. */
  public abstract boolean isHost();

  /** What computes on this memory. */
  public abstract Kernels kernels();

  /** Copies the bytes of one buffer into another, equally long one; one of them lies here. */
  abstract void copy(Buffer from, Buffer into);

  /** Sets all bytes of a buffer that lies here to zero. */
  abstract void zero(Buffer buffer);

  /** See {@link Buffer#discard}. */
  abstract long discard(Buffer buffer);

  @Override
  public final String toString() {
    return name;
  }
}
