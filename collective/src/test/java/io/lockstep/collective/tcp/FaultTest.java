package io.lockstep.collective.tcp;

import static io.lockstep.collective.testing.LocalWorld.failureOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Stall;
import io.lockstep.collective.fault.Direction;
import io.lockstep.collective.fault.Fault;
import io.lockstep.collective.fault.FaultNetwork;
import io.lockstep.collective.fault.FaultProxy;
import io.lockstep.collective.testing.Bytes;
import io.lockstep.collective.testing.LocalWorld;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a collective makes of every fault that its network may have. */
@Timeout(60)
class FaultTest {

  private static final Duration STALL_AFTER = Duration.ofMillis(60);
  private static final int BYTES = 3 << 20;

  private final Arena arena = Arena.ofAuto();
  private final BlockingQueue<Stall> stalls = new LinkedBlockingQueue<>();
  private final FaultNetwork network = new FaultNetwork();

  @AfterEach
  void closeNetwork() {
    network.close();
  }

  private LocalWorld world(int size, boolean sharedMemory) throws Exception {
    LocalWorld world = LocalWorld.listening(size);
    world.options =
        TcpOptions.standard()
            .withSharedMemory(sharedMemory)
            .withExchangeNames(tag -> "step " + tag / 2 + ", phase " + tag % 2)
            .withStalls(STALL_AFTER, stalls::add);
    return world;
  }

  private FaultProxy between(LocalWorld world, int dialling, int listening) throws Exception {
    FaultProxy proxy =
        network.link(
            "w" + dialling, "w" + listening, "127.0.0.1", world.listeners.get(listening).port());
    world.detour(dialling, listening, proxy.port());
    return proxy;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void slowNetworksAreSlowAndRight(boolean sharedMemory) throws Exception {
    try (LocalWorld world = world(2, sharedMemory)) {
      FaultProxy proxy = between(world, 1, 0);
      world.connect(1);
      proxy.set(Direction.TO_TARGET, new Fault.Delay(Duration.ofMillis(5)));
      proxy.set(Direction.FROM_TARGET, new Fault.Throttle(50L << 20));
      world.runAll(collective -> swap(collective, 1));
    }
  }

  @Test
  void aResetConnectionFailsBothSidesAtOnceAndNamesThem() throws Exception {
    try (LocalWorld world = world(2, false)) {
      FaultProxy proxy = between(world, 1, 0);
      world.connect(1);
      proxy.set(new Fault.Throttle(100_000));
      Future<?> zero = world.start(0, collective -> swap(collective, 1));
      Future<?> one = world.start(1, collective -> swap(collective, 1));
      stalls.take();
      proxy.resetConnections();
      assertEquals(1, assertInstanceOf(CollectiveException.class, failureOf(zero)).peer());
      assertEquals(0, assertInstanceOf(CollectiveException.class, failureOf(one)).peer());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPeerThatVanishesSilentlyIsReportedAndWaitedFor(boolean sharedMemory) throws Exception {
    try (LocalWorld world = world(2, sharedMemory)) {
      FaultProxy proxy = between(world, 1, 0);
      world.connect(1);
      world.runAll(collective -> swap(collective, 6));
      proxy.set(Direction.TO_TARGET, new Fault.Swallow());
      Future<?> waits = world.start(0, collective -> swap(collective, 7));
      final Future<?> unaware = world.start(1, collective -> swap(collective, 7));
      Stall stall = stalls.take();
      while (stall.rank() != 0 || stall.tag() != 7) {
        stall = stalls.take();
      }
      assertEquals(1, stall.peer());
      assertEquals(7, stall.tag());
      assertEquals(2, stall.sequence());
      assertEquals(0, stall.received());
      assertEquals(BYTES, stall.awaited());
      assertTrue(stall.silence().compareTo(STALL_AFTER) >= 0, stall::message);
      assertTrue(
          stall
              .message()
              .startsWith(
                  "rank 0 waits for rank 1 (w1) in exchange 7 (step 3, phase 1, sequence 2"),
          stall::message);
      assertThrows(TimeoutException.class, () -> waits.get(1, TimeUnit.MILLISECONDS));
      world.ranks.get(0).abort("rank 1 has no heartbeat");
      assertInstanceOf(AbortedException.class, failureOf(waits));
      world.ranks.get(1).abort("generation 2 begins");
      joinQuietly(unaware);
    }
  }

  @Test
  void aPartitionStallsTheRanksThatItPartsAndNobodyElseAndHeals() throws Exception {
    try (LocalWorld world = world(3, false)) {
      between(world, 1, 0);
      between(world, 2, 0);
      between(world, 2, 1);
      world.connect(1);
      network.partition(Set.of("w0", "w1"), Set.of("w2"));
      Future<?> zero = world.start(0, collective -> swapWith(collective, 1, 1));
      Future<?> one = world.start(1, collective -> swapWith(collective, 1, 0));
      zero.get();
      one.get();
      stalls.clear();
      Future<?> zeroToTwo = world.start(0, collective -> swapWith(collective, 2, 2));
      Future<?> two = world.start(2, collective -> swapWith(collective, 2, 0));
      Stall stall = stalls.take();
      assertTrue(stall.rank() == 2 || stall.peer() == 2, stall::message);
      network.heal();
      zeroToTwo.get();
      two.get();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10, header",
    "70, tag 1",
    "100000, tag 1",
    "262220, header",
    "1000000, tag 1",
  })
  void aFlippedBitIsNoticedAndNothingGoesOn(long at, String where) throws Exception {
    try (LocalWorld world = world(2, false)) {
      FaultProxy proxy = between(world, 1, 0);
      world.connect(1);
      proxy.set(Direction.TO_TARGET, new Fault.Corrupt(at));
      Future<?> zero = world.start(0, collective -> swap(collective, 1));
      Future<?> one = world.start(1, collective -> swap(collective, 1));
      CollectiveException failure = assertInstanceOf(CollectiveException.class, failureOf(zero));
      assertEquals(1, failure.peer());
      assertTrue(failure.reason().contains("damaged on the way"), failure.reason());
      assertTrue(failure.reason().contains(where), failure.reason());
      // The sender may have sent and got everything by then; the next exchange tells it.
      joinQuietly(one);
      assertThrows(CollectiveException.class, () -> swap(world.ranks.get(1), 2));
    }
  }

  private static void joinQuietly(Future<?> future) throws InterruptedException {
    try {
      future.get();
    } catch (ExecutionException e) {
      assertInstanceOf(CollectiveException.class, e.getCause());
    }
  }

  private void swap(Collective collective, long tag) {
    swapWith(collective, tag, 1 - collective.rank());
  }

  private void swapWith(Collective collective, long tag, int other) {
    MemorySegment out = arena.allocate(BYTES).fill((byte) (1 + collective.rank()));
    MemorySegment in = arena.allocate(BYTES);
    collective.exchange(
        tag, List.of(Bytes.transfer(other, 0, out)), List.of(Bytes.transfer(other, 0, in)));
    assertEquals(-1, in.mismatch(arena.allocate(BYTES).fill((byte) (1 + other))));
  }
}
