package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.collective.testing.LocalWorld;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections of strangers take a limited number of places and keep no member out. */
@Timeout(60)
class StrangersTest {
  private static final int MOST_UNKNOWN = 64;
  private static final int MOST_SILENT = 512;

  private final List<Socket> strangers = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (Socket stranger : strangers) {
      stranger.close();
    }
  }

  private Socket stranger(LocalWorld world) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), world.listeners.getFirst().port());
    strangers.add(socket);
    return socket;
  }

  private static void greet(Socket stranger) throws IOException {
    Greetings.greet(stranger, "another run's token", 1);
  }

  @Test
  void ofThoseWithoutTheSecretTheNewestWait() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      for (int i = 0; i < MOST_UNKNOWN + 6; i++) {
        greet(stranger(world));
      }
      awaitClosed(6);
      connects(world);
    }
  }

  @Test
  void ofThoseThatSayNothingTheNewestWait() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      for (int i = 0; i < MOST_SILENT + 6; i++) {
        var _ = stranger(world);
      }
      awaitClosed(6);
      connects(world);
    }
  }

  @Test
  void whateverElseStrangersSendEndsTheirConnectionAlone() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      byte[] request = "GET / HTTP/1.1\r\n".repeat(20).getBytes(StandardCharsets.US_ASCII);
      stranger(world).getOutputStream().write(request);
      Socket talkative = stranger(world);
      greet(talkative);
      talkative.getOutputStream().write(request);
      awaitClosed(2);
      connects(world);
    }
  }

  @Test
  void aGreetingThatIsRepeatedTakesNobodysPlace() throws Exception {
    try (LocalWorld world = LocalWorld.listening(2)) {
      byte[] recorded;
      try (Socket overheard = stranger(world)) {
        recorded = Greetings.greet(overheard, LocalWorld.TOKEN, 1);
      }
      awaitDropped(world, 1);
      Socket repeated = stranger(world);
      repeated.getOutputStream().write(recorded);
      Future<Collective> lower = world.connecting(1, 0);
      String answer = new String(repeated.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answer.contains("a greeting that is repeated"), answer);
      world.connecting(1, 1).get().close();
      lower.get().close();
      awaitDropped(world, 2);
    }
  }

  private static void awaitDropped(LocalWorld world, long number) {
    while (world.listeners.getFirst().droppedConnections() < number) {
      Thread.onSpinWait();
    }
  }

  private static void connects(LocalWorld world) throws Exception {
    Future<Collective> lower = world.connecting(1, 0);
    Future<Collective> higher = world.connecting(1, 1);
    assertEquals(1, lower.get().generation());
    assertEquals(1, higher.get().generation());
    lower.get().close();
    higher.get().close();
  }

  /** Waits until so many of the strangers have been sent away, and no more. */
  private void awaitClosed(int number) throws IOException {
    int closed = 0;
    while (closed < number) {
      closed = 0;
      for (Socket stranger : strangers) {
        closed += isClosed(stranger) ? 1 : 0;
      }
    }
    assertEquals(number, closed);
  }

  private static boolean isClosed(Socket socket) throws IOException {
    socket.setSoTimeout(1);
    try {
      // Each is sent a challenge.
      return socket.getInputStream().read(new byte[Challenge.BYTES]) < 0;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }
}
