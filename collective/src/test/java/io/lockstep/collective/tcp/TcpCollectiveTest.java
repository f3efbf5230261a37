package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TcpCollectiveTest {

  private static final long MIB = 1 << 20;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void allGatherGivesEveryRankTheMemoryOfAll(int size) throws Exception {
    try (LocalWorld world = LocalWorld.connected(size)) {
      world.runAll(collective -> {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment[] parts = new MemorySegment[size];
          for (int rank = 0; rank < size; rank++) {
            parts[rank] = arena.allocate(1000 + rank);
          }
          fill(parts[collective.rank()], collective.rank());
          collective.allGather(5, Arrays.stream(parts).map(Bytes::of).toArray(Buffer[]::new));
          for (int rank = 0; rank < size; rank++) {
            assertFilled(parts[rank], rank);
          }
        }
      });
    }
  }

  @Test
  void whoClosesAtOnceTakesNothingFromAPeerThatStillReads() throws Exception {
    for (int round = 0; round < 20; round++) {
      try (LocalWorld world = LocalWorld.connected(3)) {
        world.runAll(collective -> {
          try (Arena arena = Arena.ofShared();
              TcpCollective closed = collective) {
            int rank = closed.rank();
            MemorySegment memory = arena.allocate(8 * MIB);
            if (rank == 2) {
              fill(memory, 7);
              List<Transfer> sends =
                  List.of(Bytes.transfer(0, 0, memory), Bytes.transfer(1, 0, memory));
              closed.exchange(1, sends, List.of());
            } else {
              closed.exchange(1, List.of(), List.of(Bytes.transfer(2, 0, memory)));
              assertFilled(memory, 7);
            }
          }
        });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void slotsArriveWhereTheyBelongEmptyOnesToo(int size) throws Exception {
    try (LocalWorld world = LocalWorld.connected(size)) {
      world.runAll(collective -> {
        try (Arena arena = Arena.ofShared()) {
          List<Transfer> sends = new ArrayList<>();
          List<Transfer> receives = new ArrayList<>();
          for (int peer = 0; peer < size; peer++) {
            for (int slot = 0; slot < 5; slot++) {
              // Slot 0 carries no bytes; receives are posted in the other order.
              MemorySegment memory = arena.allocate(slot * 300L);
              fill(memory, 10 * collective.rank() + slot);
              sends.add(Bytes.transfer(peer, slot, memory));
              receives.addFirst(Bytes.transfer(peer, slot, arena.allocate(slot * 300L)));
            }
          }
          collective.exchange(9, sends, receives);
          for (Transfer receive : receives) {
            assertFilled(receive.memory().hostBytes(), 10 * receive.peer() + receive.slot());
          }
        }
      });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void allRanksSendLargeMemoryToEachOtherAtTheSameTime(int size) throws Exception {
    try (LocalWorld world = LocalWorld.connected(size)) {
      world.runAll(collective -> {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment mine = arena.allocate(64 * MIB);
          fill(mine, collective.rank());
          List<Transfer> sends = new ArrayList<>();
          List<Transfer> receives = new ArrayList<>();
          for (int peer = 0; peer < size; peer++) {
            if (peer != collective.rank()) {
              sends.add(Bytes.transfer(peer, 0, mine));
              receives.add(Bytes.transfer(peer, 0, arena.allocate(64 * MIB)));
            }
          }
          collective.exchange(1, sends, receives);
          for (Transfer receive : receives) {
            assertFilled(receive.memory().hostBytes(), receive.peer());
          }
        }
      });
    }
  }

  @Test
  void dataAheadOfItsReceiveWaitsWithoutHoldingUpOtherPeers() throws Exception {
    try (LocalWorld world = LocalWorld.connected(3);
        Arena arena = Arena.ofShared()) {
      MemorySegment early = arena.allocate(32 * MIB);
      fill(early, 1);
      // Rank 1 is two exchanges ahead of rank 0 and fills all socket buffers.
      Future<?> ahead =
          world.start(
              1,
              collective -> {
                collective.exchange(2, List.of(Bytes.transfer(0, 0, early)), List.of());
                collective.exchange(3, List.of(Bytes.transfer(0, 0, early)), List.of());
              });
      MemorySegment other = arena.allocate(8 * MIB);
      fill(other, 2);
      Future<?> peer =
          world.start(
              2,
              collective -> {
                collective.exchange(1, List.of(Bytes.transfer(0, 0, other)), List.of());
              });
      MemorySegment into = arena.allocate(32 * MIB);
      TcpCollective rank0 = world.ranks.get(0);
      MemorySegment small = into.asSlice(0, 8 * MIB);
      rank0.exchange(1, List.of(), List.of(Bytes.transfer(2, 0, small)));
      assertFilled(small, 2);
      peer.get();
      for (long tag = 2; tag <= 3; tag++) {
        into.fill((byte) 0);
        rank0.exchange(tag, List.of(), List.of(Bytes.transfer(1, 0, into)));
        assertFilled(into, 1);
      }
      ahead.get();
    }
  }

  @Test
  void manySmallExchangesInARowKeepTheirOrder() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      world.runAll(collective -> {
        int other = 1 - collective.rank();
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
          MemorySegment in = arena.allocate(ValueLayout.JAVA_LONG);
          for (long tag = 1; tag <= 2000; tag++) {
            out.set(ValueLayout.JAVA_LONG, 0, tag * 10 + collective.rank());
            collective.exchange(
                tag, List.of(Bytes.transfer(other, 0, out)), List.of(Bytes.transfer(other, 0, in)));
            assertEquals(tag * 10 + other, in.get(ValueLayout.JAVA_LONG, 0));
          }
        }
      });
    }
  }

  @Test
  void transfersThatCannotBeMeantAreRefusedBeforeAnythingIsSent() throws Exception {
    try (LocalWorld world = LocalWorld.connected(1);
        Arena arena = Arena.ofConfined()) {
      TcpCollective alone = world.ranks.getFirst();
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
  void aClosedCollectiveSaysSo() throws Exception {
    try (LocalWorld world = LocalWorld.connected(1)) {
      world.ranks.getFirst().close();
      assertThrows(
          IllegalStateException.class,
          () -> world.ranks.getFirst().exchange(1, List.of(), List.of()));
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
      String words, TcpCollective collective, List<Transfer> sends, List<Transfer> receives) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> collective.exchange(1, sends, receives));
    assertEquals(true, String.valueOf(refused.getMessage()).contains(words), refused.getMessage());
  }

  /** A pattern that depends on the place, so that a shifted or repeated chunk shows. */
  private static void fill(MemorySegment memory, int seed) {
    long whole = memory.byteSize() / Long.BYTES * Long.BYTES;
    for (long i = 0; i < whole; i += Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG_UNALIGNED, i, pattern(i, seed));
    }
    for (long i = whole; i < memory.byteSize(); i++) {
      memory.set(ValueLayout.JAVA_BYTE, i, (byte) pattern(i, seed));
    }
  }

  private static void assertFilled(MemorySegment memory, int seed) {
    long whole = memory.byteSize() / Long.BYTES * Long.BYTES;
    for (long i = 0; i < whole; i += Long.BYTES) {
      assertSame(pattern(i, seed), memory.get(ValueLayout.JAVA_LONG_UNALIGNED, i), i);
    }
    for (long i = whole; i < memory.byteSize(); i++) {
      assertSame((byte) pattern(i, seed), memory.get(ValueLayout.JAVA_BYTE, i), i);
    }
  }

  private static void assertSame(long expected, long actual, long at) {
    if (expected != actual) {
      throw new AssertionError("memory differs at byte " + at);
    }
  }

  private static long pattern(long i, int seed) {
    return (i + 1) * 0x9e3779b97f4a7c15L + seed;
  }
}
