package io.lockstep.tensor;

/** This process's own memory: libtorch's CPU tensors, arenas, mapped files. */
final class HostDevice extends Device {

  private final Kernels kernels = new CpuKernels();

  HostDevice() {
    super("host", Devices.TORCH_CPU, 0);
  }

  @Override
  public boolean isHost() {
    return true;
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  void copy(Buffer from, Buffer into) {
    into.memory().copyFrom(from.memory());
  }

  @Override
  void zero(Buffer buffer) {
    buffer.memory().fill((byte) 0);
  }

  @Override
  long discard(Buffer buffer) {
    long begin = buffer.memory().address();
    return Pages.discard(begin, begin + buffer.bytes());
  }
}
