package io.lockstep.tensor;

/** The operators of libtorch, on the CPU, in windows of a few thousand values. */
class TorchKernelsTest extends KernelsContract {

  @Override
  Kernels kernels() {
    Torch.start(1);
    return new TorchKernels(Devices.HOST, 2L * SquareTree.PIECE);
  }
}
