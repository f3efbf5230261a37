package io.lockstep.tensor;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A device whose memory Java reaches by explicit copies alone, as that of a GPU, through the code
 * of a GPU. Behind it is host memory, so that libtorch computes on its tensors; while one is
 * installed, all tensors of the process lie here and every view of them for Java throws. Parts of
 * tensors that have no memory can't be touched: the operating system ends the process that does.
 */
public final class IsolatedDevice extends TorchDevice implements AutoCloseable {

  private final AtomicLong toHost = new AtomicLong();
  private final AtomicLong fromHost = new AtomicLong();

  private final ProtectedPages pages;

  private IsolatedDevice(ProtectedPages pages) {
    super("isolated device", Devices.TORCH_CPU, 0, Optional.of(new SparseMemory(pages)));
    this.pages = pages;
  }

  /**
   * From now on, and until it is closed, libtorch's tensors lie on a device of their own. Starts
   * libtorch with one thread if nobody has.
   */
  public static IsolatedDevice install() {
    if (!Torch.isStarted()) {
      Torch.start(1);
    }
    IsolatedDevice device = new IsolatedDevice(new ProtectedPages());
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
  void copy(Buffer from, Buffer into) {
    if (from.device().isHost()) {
      fromHost.addAndGet(from.bytes());
    } else if (into.device().isHost()) {
      toHost.addAndGet(from.bytes());
    }
    super.copy(from, into);
  }

  /** Bytes of the device that tensors with missing parts take now, as the driver counts. */
  public long placedBytes() {
    return pages.createdBytes();
  }

  @Override
  public void close() {
    Devices.register(Devices.HOST);
  }
}
