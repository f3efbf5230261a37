package io.lockstep.collective.tcp;

import io.lockstep.collective.testing.CollectiveContract;
import io.lockstep.collective.testing.Memory;
import io.lockstep.collective.testing.Transport;

class TcpContractTest extends CollectiveContract {

  private final Memory memory = Memory.onHost();

  @Override
  protected Transport transport() {
    return Transport.tcp();
  }

  @Override
  protected Memory memory() {
    return memory;
  }
}
