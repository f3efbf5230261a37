package io.lockstep.collective.tcp;

import static io.lockstep.collective.testing.LocalWorld.failureOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.testing.Bytes;
import io.lockstep.collective.testing.LocalWorld;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TcpCollectiveFailureTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  private final Arena arena = Arena.ofAuto();

  @Test
  void aPeerThatClosesFailsTheExchangeAtOnceWithWhoWhereAndHowMuch() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      Collective rank1 = world.ranks.get(1);
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
  void aRankThatIsEarlyWaitsForTheOthersToReachItsGeneration() throws Exception {
    try (LocalWorld world = LocalWorld.connected(2)) {
      Future<Collective> early = world.connecting(2, 1);
      Future<Collective> late = world.connecting(2, 0);
      assertEquals(2, early.get().generation());
      assertEquals(2, late.get().generation());
      early.get().close();
      late.get().close();
    }
  }

  @Test
  void aWrongTokenIsRefusedAndDoesNotDisturbTheWorld() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      Future<Collective> rank0 = world.connecting(1, 0);
      Throwable stranger =
          failureOf(world.connecting(1, 1, "another run's token", LocalWorld.TIMEOUT));
      assertTrue(
          String.valueOf(stranger.getMessage()).contains("runs with another token"),
          stranger.getMessage());
      try (TcpListener replacement = TcpListener.open("127.0.0.1")) {
        Collective rank1 =
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
      Future<Collective> rank0 = world.connecting(1, 0, LocalWorld.TOKEN, SHORT);
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
      socket.getInputStream().readNBytes(Challenge.BYTES);
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void whoeverAnswersInTheNameOfAPeerHasToKnowTheToken() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2);
        ServerSocket impostor = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      world.detour(1, 0, impostor.getLocalPort());
      Future<Collective> rank1 = world.connecting(1, 1);
      try (Socket deceived = impostor.accept()) {
        ByteBuf answer = Unpooled.buffer();
        Challenge.draw().write(answer);
        Reply.accepted(new Proof(new byte[Proof.BYTES])).write(answer);
        answer.readBytes(deceived.getOutputStream(), answer.readableBytes());
        CollectiveException failure = assertInstanceOf(CollectiveException.class, failureOf(rank1));
        assertTrue(failure.reason().contains("doesn't know the run's token"), failure.reason());
      }
    }
  }

  private static void assertSpent(Collective collective) {
    assertThrows(CollectiveException.class, () -> collective.exchange(99, List.of(), List.of()));
  }
}
