package io.lockstep.tensor;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A device whose memory Java reaches by explicit copies alone, as that of a GPU. Behind it is host
 * memory, so that libtorch computes on its tensors; while one is installed, all tensors of the
 * process lie here and every view of them for Java throws.
 */
public final class IsolatedDevice extends Device implements AutoCloseable {

  private final AtomicLong toHost = new AtomicLong();
  private final AtomicLong fromHost = new AtomicLong();
  private final Kernels kernels = new OnDevice();

  private IsolatedDevice() {
    super("isolated device", Devices.TORCH_CPU);
  }

  /** From now on, and until it is closed, libtorch's tensors lie on a device of their own. */
  public static IsolatedDevice install() {
    IsolatedDevice device = new IsolatedDevice();
    Devices.register(device);
    return device;
  }

  /** Bytes that were copied to host memory. */
  public long bytesToHost() {
    return toHost.get();
  }

  /** Bytes that were copied from host memory. */
  public long bytesFromHost() {
    return fromHost.get();
  }

  @Override
  public boolean isHost() {
    return false;
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  void copy(Buffer from, Buffer into) {
    if (from.device().isHost()) {
      fromHost.addAndGet(from.bytes());
    } else if (into.device().isHost()) {
      toHost.addAndGet(from.bytes());
    }
    into.memory().copyFrom(from.memory());
  }

  @Override
  void zero(Buffer buffer) {
    Devices.HOST.zero(here(buffer));
  }

  @Override
  long discard(Buffer buffer) {
    return Devices.HOST.discard(here(buffer));
  }

  /** What lies here, as the host's kernels see it. */
  private Buffer here(Buffer buffer) {
    if (buffer.device() != this) {
      throw new IllegalArgumentException(
          "%s is not on the device that computes with it".formatted(buffer));
    }
    return buffer.as(Devices.HOST);
  }

  @Override
  public void close() {
    Devices.register(Devices.HOST);
  }

  private final class OnDevice implements Kernels {

    @Override
    public void add(Buffer into, Buffer from) {
      Devices.HOST.kernels().add(here(into), here(from));
    }

    @Override
    public void adamW(
        Buffer param, Buffer grad, Buffer m, Buffer v, AdamW.Hyper hyper, float gradScale) {
      Devices.HOST.kernels().adamW(here(param), here(grad), here(m), here(v), hyper, gradScale);
    }

    @Override
    public double squareSum(Buffer values) {
      return Devices.HOST.kernels().squareSum(here(values));
    }

    @Override
    public int checksum(Buffer values) {
      return Devices.HOST.kernels().checksum(here(values));
    }

    @Override
    public void cast(Buffer from, Buffer into) {
      Devices.HOST.kernels().cast(here(from), here(into));
    }
  }
}
