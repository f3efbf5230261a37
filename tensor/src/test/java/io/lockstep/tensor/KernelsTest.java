package io.lockstep.tensor;

class KernelsTest extends KernelsContract {

  @Override
  Kernels kernels() {
    return Devices.HOST.kernels();
  }
}
