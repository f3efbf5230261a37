package io.lockstep.collective.nccl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.IsolatedDevice;
import org.junit.jupiter.api.Test;

/** Pieces of messages that no test has the memory for. */
class LegTest {

  private static final long AT = 1L << 40;
  private static final long BYTES = (5L << 30) + 12;
  private static final long PIECE = 8 << 20;

  private static Leg send(Device device) {
    return Leg.send(new Transfer(1, 0, Buffer.at(AT, Dtype.UINT8, BYTES, device)), PIECE);
  }

  @Test
  void piecesOfLongMessagesFollowEachOther() {
    try (IsolatedDevice device = IsolatedDevice.install()) {
      Leg leg = send(device);
      assertTrue(leg.isDirect());
      assertEquals(0, leg.pinnedRoom() + leg.deviceRoom());
      long at = AT;
      int piece = 0;
      for (; leg.length(piece) > 0; piece++) {
        assertEquals(at, leg.address(piece));
        assertEquals(at - AT, leg.before(piece));
        at += leg.length(piece);
      }
      assertEquals(641, piece);
      assertEquals(BYTES, at - AT);
      assertEquals(BYTES, leg.before(piece + 1000));
    }
  }

  @Test
  void whatIsInHostMemoryTakesTwoPiecesOfEachKindHoweverLongItIs() {
    Leg leg = send(Devices.HOST);
    assertEquals(2 * PIECE, leg.pinnedRoom());
    assertEquals(2 * PIECE, leg.deviceRoom());
    assertEquals(12, leg.length(640));
  }
}
