package io.lockstep.collective.nccl;

import io.lockstep.collective.nccl.standin.StandIn;
import io.lockstep.collective.testing.CollectiveContract;
import io.lockstep.collective.testing.Memory;
import io.lockstep.collective.testing.Transport;

/** Messages in host memory, on a network that tells NCCL of peers that are gone. */
class NcclHostContractTest extends CollectiveContract {

  private final Memory memory = Memory.onHost();

  @Override
  protected Transport transport() {
    return new StandIn(true).withPieces(1 << 18);
  }

  @Override
  protected Memory memory() {
    return memory;
  }
}
