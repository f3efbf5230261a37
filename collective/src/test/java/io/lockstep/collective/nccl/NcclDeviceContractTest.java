package io.lockstep.collective.nccl;

import io.lockstep.collective.nccl.standin.StandIn;
import io.lockstep.collective.testing.CollectiveContract;
import io.lockstep.collective.testing.Memory;
import io.lockstep.collective.testing.Transport;
import io.lockstep.tensor.IsolatedDevice;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;

/** Messages on the device, where NCCL waits for ever for peers that are gone; short pieces. */
class NcclDeviceContractTest extends CollectiveContract {

  private final IsolatedDevice device = IsolatedDevice.install();
  private final Memory memory = new Memory(Arena.ofAuto(), device);

  @AfterEach
  void closeDevice() {
    device.close();
  }

  @Override
  protected Transport transport() {
    return new StandIn(false).withPieces(1 << 20);
  }

  @Override
  protected Memory memory() {
    return memory;
  }
}
