package io.lockstep.tensor;

/** A CUDA device, through libtorch: its tensors, its allocator, its current stream. */
final class CudaDevice extends TorchDevice {

  private final CudaDriver.Context context;

  /**
   * A device.
   *
   * @param ordinal its number among those that the process sees
   * @param context what threads need to reach it
   */
  CudaDevice(int ordinal, CudaDriver.Context context) {
    super(
        "cuda:" + ordinal,
        Devices.TORCH_CUDA,
        ordinal,
        context.virtualMemory(() -> CudaStreams.current(ordinal)).map(SparseMemory::new));
    this.context = context;
  }

  @Override
  ai.djl.Device ofDjl() {
    return ai.djl.Device.gpu(ordinal());
  }

  /** Else CUDA would open the first device, too, for each thread that comes here. */
  @Override
  void enter() {
    context.enter();
  }

  @Override
  Staging staging(long bytes) {
    return Staging.pinned(bytes);
  }
}
