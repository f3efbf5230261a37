package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.testing.Bytes;
import io.lockstep.collective.testing.LocalWorld;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TcpCollectiveTest {

  @Test
  void transfersThatCannotBeMeantAreRefusedBeforeAnythingIsSent() throws Exception {
    try (LocalWorld world = LocalWorld.connected(1);
        Arena arena = Arena.ofConfined()) {
      Collective alone = world.ranks.getFirst();
      MemorySegment four = arena.allocate(4);
      Transfer own = Bytes.transfer(0, 0, four);
      assertRefused(
          "outside the world of 1", alone, List.of(Bytes.transfer(1, 0, four)), List.of());
      assertRefused("occurs twice", alone, List.of(own, own), List.of(own));
      assertRefused("no receive", alone, List.of(own), List.of());
      assertRefused("no send", alone, List.of(), List.of(own));
      Transfer readOnly = Bytes.transfer(0, 0, four.asReadOnly());
      assertRefused("read-only", alone, List.of(own), List.of(readOnly));
      assertThrows(
          IllegalArgumentException.class,
          () -> Bytes.transfer(0, 0, MemorySegment.ofArray(new byte[4])));
      alone.exchange(1, List.of(own), List.of(own));
    }
  }

  @Test
  void noThreadOutlivesItsListener() throws Exception {
    List<Thread> network;
    try (LocalWorld world = LocalWorld.connected(3)) {
      assertEquals(3, world.ranks.size());
      network = networkThreads();
    }
    // A thread that has left its loop may still be on its way out.
    for (Thread thread : network) {
      thread.join();
    }
    assertEquals(List.of(), networkThreads());
  }

  private static List<Thread> networkThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("lockstep-collective"))
        .toList();
  }

  private static void assertRefused(
      String words, Collective collective, List<Transfer> sends, List<Transfer> receives) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> collective.exchange(1, sends, receives));
    assertEquals(true, String.valueOf(refused.getMessage()).contains(words), refused.getMessage());
  }
}
