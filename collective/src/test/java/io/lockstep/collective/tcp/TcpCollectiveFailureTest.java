package io.lockstep.collective.tcp;

import static io.lockstep.collective.tcp.LocalWorld.failureOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TcpCollectiveFailureTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  private final Arena arena = Arena.ofAuto();

  @Test
  void aPeerThatClosesFailsTheExchangeAtOnceWithWhoWhereAndHowMuch() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      TcpCollective rank1 = world.ranks.get(1);
      MemorySegment half = arena.allocate(1000);
      Future<?> waiting =
          world.start(
              0,
              collective -> {
                collective.exchange(
                    7,
                    List.of(Bytes.transfer(1, 9, arena.allocate(10))),
                    List.of(
                        Bytes.transfer(1, 0, arena.allocate(1000)),
                        Bytes.transfer(1, 1, arena.allocate(3000))));
              });
      rank1.exchange(
          7,
          List.of(Bytes.transfer(0, 0, half)),
          List.of(Bytes.transfer(0, 9, arena.allocate(10))));
      rank1.close();
      CollectiveException failure = assertInstanceOf(CollectiveException.class, failureOf(waiting));
      assertEquals(
          "rank 1 (w1 at 127.0.0.1:%d) closed the connection during tag 7, got 1000 of 4000 bytes"
              .formatted(world.listeners.get(1).port()),
          failure.reason());
      assertEquals(0, failure.rank());
      assertEquals(1, failure.peer());
      assertEquals(7, failure.tag());
      assertEquals(1000, failure.bytesReceived());
      assertSpent(world.ranks.get(0));
    }
  }

  @Test
  void aPeerThatDiesWhileMuchIsUnderwayFailsAllOthers() throws Exception {
    try (LocalWorld world = LocalWorld.connected(3)) {
      CountDownLatch begun = new CountDownLatch(2);
      List<Future<?>> others = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int other = 1 - rank;
        others.add(
            world.start(
                rank,
                collective -> {
                  MemorySegment large = arena.allocate(32 << 20);
                  begun.countDown();
                  collective.exchange(
                      1,
                      List.of(Bytes.transfer(2, 0, large), Bytes.transfer(other, 0, large)),
                      List.of(
                          Bytes.transfer(2, 0, arena.allocate(32 << 20)),
                          Bytes.transfer(other, 0, arena.allocate(32 << 20))));
                }));
      }
      begun.await();
      world.listeners.get(2).close();
      for (Future<?> other : others) {
        assertInstanceOf(CollectiveException.class, failureOf(other));
      }
    }
  }

  @Test
  void aPeerThatLeftBetweenExchangesFailsTheNextOneThatNeedsIt() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      world.ranks.get(1).close();
      CollectiveException failure =
          assertThrows(
              CollectiveException.class,
              () ->
                  world
                      .ranks
                      .get(0)
                      .exchange(4, List.of(), List.of(Bytes.transfer(1, 0, arena.allocate(8)))));
      assertTrue(failure.reason().contains("closed the connection"), failure.reason());
      assertTrue(failure.reason().contains("tag 4"), failure.reason());
    }
  }

  @Test
  void differentSizesNameBothSides() throws Exception {
    CollectiveException failure = mismatch(3, 0, 64, 3, 0, 48);
    assertTrue(
        failure.reason().contains("sends 64 bytes for tag 3, slot 0 while rank 0 awaits 48 bytes"),
        failure.reason());
  }

  @Test
  void differentTagsNameBothSides() throws Exception {
    CollectiveException failure = mismatch(4, 0, 64, 3, 0, 64);
    assertTrue(
        failure.reason().contains("sends tag 4, slot 0 while rank 0 awaits tag 3"),
        failure.reason());
  }

  @Test
  void differentSlotsNameBothSides() throws Exception {
    CollectiveException failure = mismatch(3, 1, 64, 3, 0, 64);
    assertTrue(
        failure.reason().contains("sends slot 1 of tag 3 while rank 0 awaits slots [0]"),
        failure.reason());
  }

  private CollectiveException mismatch(
      long sentTag, int sentSlot, long sent, long awaitedTag, int awaitedSlot, long awaited)
      throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      world
          .ranks
          .get(1)
          .exchange(sentTag, List.of(Bytes.transfer(0, sentSlot, arena.allocate(sent))), List.of());
      Transfer receive = Bytes.transfer(1, awaitedSlot, arena.allocate(awaited));
      return assertThrows(
          CollectiveException.class,
          () -> world.ranks.get(0).exchange(awaitedTag, List.of(), List.of(receive)));
    }
  }

  @Test
  void abortEndsTheExchangeHereAndAtThePeersWithItsReason() throws Exception {
    try (LocalWorld world = LocalWorld.connected(3)) {
      CountDownLatch begun = new CountDownLatch(2);
      Future<?> aborting = receiving(world, 0, 2, begun);
      Future<?> peer = receiving(world, 1, 0, begun);
      begun.await();
      world.ranks.get(0).abort("generation 2 begins");
      AbortedException here = assertInstanceOf(AbortedException.class, failureOf(aborting));
      assertTrue(here.reason().contains("generation 2 begins"), here.reason());
      AbortedException there = assertInstanceOf(AbortedException.class, failureOf(peer));
      assertTrue(there.reason().startsWith("rank 0 (w0 at"), there.reason());
      assertTrue(there.reason().contains("generation 2 begins"), there.reason());
      assertSpent(world.ranks.get(0));
    }
  }

  @Test
  void anInterruptEndsTheExchangeAndIsKept() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      AtomicReference<Boolean> interrupted = new AtomicReference<>(false);
      AtomicReference<Throwable> thrown = new AtomicReference<>(new AssertionError("none"));
      Thread caller =
          Thread.ofPlatform()
              .start(() -> {
                Transfer receive = Bytes.transfer(1, 0, arena.allocate(8));
                try {
                  world.ranks.get(0).exchange(1, List.of(), List.of(receive));
                } catch (CollectiveException e) {
                  thrown.set(e);
                  interrupted.set(Thread.currentThread().isInterrupted());
                }
              });
      caller.interrupt();
      caller.join();
      assertInstanceOf(AbortedException.class, thrown.get());
      assertTrue(interrupted.get());
    }
  }

  @Test
  void aNewGenerationEndsTheExchangeOfTheOldOneAndWorks() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      CountDownLatch begun = new CountDownLatch(1);
      Future<?> old = receiving(world, 0, 1, begun);
      begun.await();
      world.connect(2);
      assertInstanceOf(CollectiveException.class, failureOf(old));
      world.runAll(collective -> {
        Buffer[] parts = {Bytes.of(arena.allocate(8)), Bytes.of(arena.allocate(8))};
        collective.allGather(1, parts);
      });
      assertEquals(2, world.ranks.get(0).generation());
    }
  }

  @Test
  void anOlderGenerationIsRefused() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      world.listeners.get(0).advanceTo(5, "generation 5 begins");
      Throwable failure = failureOf(world.connecting(4, 1));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("generation 4 is over"),
          failure.getMessage());
    }
  }

  @Test
  void aRankThatIsEarlyWaitsForTheOthersToReachItsGeneration() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      Future<TcpCollective> early = world.connecting(2, 1);
      Future<TcpCollective> late = world.connecting(2, 0);
      assertEquals(2, early.get().generation());
      assertEquals(2, late.get().generation());
      early.get().close();
      late.get().close();
    }
  }

  @Test
  void connectingToAnOvertakenGenerationIsAborted() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      Future<TcpCollective> alone = world.connecting(1, 0);
      world.listeners.get(0).advanceTo(2, "rank 1 died");
      // Either the wait is ended or the connect comes too late; both say that generation 1 is over.
      Throwable failure = failureOf(alone);
      assertTrue(
          failure instanceof AbortedException || failure instanceof IllegalStateException,
          () -> String.valueOf(failure));
    }
  }

  @Test
  void aWrongTokenIsRefusedAndDoesNotDisturbTheWorld() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      Future<TcpCollective> rank0 = world.connecting(1, 0);
      Throwable stranger =
          failureOf(world.connecting(1, 1, "another run's token", LocalWorld.TIMEOUT));
      assertTrue(
          String.valueOf(stranger.getMessage()).contains("runs with another token"),
          stranger.getMessage());
      try (TcpListener replacement = TcpListener.open("127.0.0.1")) {
        TcpCollective rank1 =
            TcpCollective.connect(
                replacement, LocalWorld.TOKEN, 1, 1, world.peers(), LocalWorld.TIMEOUT);
        rank0.get().close();
        rank1.close();
      }
    }
  }

  @Test
  void aMissingRankIsNamedAfterTheTimeout() throws Exception {
    try (LocalWorld world = LocalWorld.listening(3)) {
      Future<TcpCollective> rank0 = world.connecting(1, 0, LocalWorld.TOKEN, SHORT);
      CollectiveException failure = assertInstanceOf(CollectiveException.class, failureOf(rank0));
      assertEquals(1, failure.peer());
      assertTrue(failure.reason().contains("rank 1 (w1 at"), failure.reason());
      assertTrue(failure.reason().contains("rank 2 (w2 at"), failure.reason());
    }
  }

  @Test
  void aPeerThatDoesNotListenIsNamed() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      world.listeners.get(0).close();
      CollectiveException failure =
          assertInstanceOf(CollectiveException.class, failureOf(world.connecting(1, 1)));
      assertTrue(failure.reason().contains("cannot connect to rank 0 (w0 at"), failure.reason());
    }
  }

  @Test
  void bytesOfAnotherProtocolAreDisconnected() throws Exception {
    try (LocalWorld world = LocalWorld.listening(1);
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), world.listeners.getFirst().port())) {
      socket.getOutputStream().write(new byte[Hello.BYTES]);
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  private Future<?> receiving(LocalWorld world, int rank, int from, CountDownLatch begun) {
    return world.start(
        rank,
        collective -> {
          begun.countDown();
          collective.exchange(1, List.of(), List.of(Bytes.transfer(from, 0, arena.allocate(64))));
        });
  }

  private static void assertSpent(TcpCollective collective) {
    assertThrows(CollectiveException.class, () -> collective.exchange(99, List.of(), List.of()));
  }
}
