package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.collective.Transfer;
import io.lockstep.collective.testing.LocalWorld;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.IsolatedDevice;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceTransferTest {

  private static final int FLOATS = 100_000;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void whatLiesOnADeviceIsCopiedOnceOnEachSide() throws Exception {
    try (IsolatedDevice device = IsolatedDevice.install();
        Scope scope = Scope.lasting();
        LocalWorld world = LocalWorld.connected(2)) {
      Buffer[] parts = new Buffer[2];
      for (int rank = 0; rank < 2; rank++) {
        parts[rank] = scope.zeros(device, Dtype.FLOAT32, FLOATS);
        float value = rank + 1;
        parts[rank].write(host -> host.floats().fill(value));
      }
      Buffer[] received = {
        scope.zeros(device, Dtype.FLOAT32, FLOATS), scope.zeros(device, Dtype.FLOAT32, FLOATS)
      };
      long before = device.bytesFromHost();
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        collective.exchange(
            1,
            List.of(new Transfer(other, 0, parts[collective.rank()])),
            List.of(new Transfer(other, 0, received[collective.rank()])));
      });
      assertEquals(2 * Dtype.FLOAT32.bytes(FLOATS), device.bytesToHost());
      assertEquals(2 * Dtype.FLOAT32.bytes(FLOATS), device.bytesFromHost() - before);
      for (int rank = 0; rank < 2; rank++) {
        float[] expected = new float[FLOATS];
        Arrays.fill(expected, 2 - rank);
        assertArrayEquals(expected, received[rank].toHost().floats().toArray());
        assertThrows(IllegalStateException.class, received[rank]::floats);
      }
    }
  }
}
