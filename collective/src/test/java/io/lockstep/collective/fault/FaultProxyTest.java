package io.lockstep.collective.fault;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FaultProxyTest {

  private static final byte[] WORDS = "so passes what is said".getBytes(StandardCharsets.UTF_8);
  private static final int SILENCE_MILLIS = 100;

  private final ServerSocket server;
  private final FaultProxy proxy;
  private final Socket client;
  private final Socket target;

  FaultProxyTest() throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    proxy = FaultProxy.to("127.0.0.1", server.getLocalPort());
    client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    target = server.accept();
  }

  @BeforeEach
  void aWordPassesBothWays() throws IOException {
    say(client, target);
    say(target, client);
    assertEquals(WORDS.length, proxy.bytes(Direction.TO_TARGET));
    assertEquals(WORDS.length, proxy.bytes(Direction.FROM_TARGET));
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    client.close();
    target.close();
    server.close();
  }

  @Test
  void delayedAndThrottledBytesArriveInOrder() throws IOException {
    proxy.set(new Fault.Delay(Duration.ofMillis(20)));
    say(client, target);
    proxy.set(new Fault.Throttle(1000));
    say(target, client);
    proxy.heal();
    say(client, target);
  }

  @Test
  void aCorruptedByteDiffersInOneBitAndOnlyOnce() throws IOException {
    proxy.set(Direction.TO_TARGET, new Fault.Corrupt(3));
    client.getOutputStream().write(WORDS);
    byte[] heard = target.getInputStream().readNBytes(WORDS.length);
    assertEquals(1, Integer.bitCount(heard[3] ^ WORDS[3]));
    heard[3] = WORDS[3];
    assertArrayEquals(WORDS, heard);
    say(client, target);
    say(target, client);
  }

  @Test
  void heldBytesAndEndsGoOnWhenItHeals() throws IOException {
    proxy.set(new Fault.Hold());
    client.getOutputStream().write(WORDS);
    client.close();
    assertSilent(target);
    proxy.heal();
    target.setSoTimeout(0);
    assertArrayEquals(WORDS, target.getInputStream().readNBytes(WORDS.length));
    assertEquals(-1, target.getInputStream().read());
  }

  @Test
  void swallowedBytesAndEndsNeverArriveThoughTheWayBackWorks() throws IOException {
    proxy.set(Direction.TO_TARGET, new Fault.Swallow());
    client.getOutputStream().write(WORDS);
    assertSilent(target);
    say(target, client);
    client.close();
    assertSilent(target);
    proxy.heal();
    assertSilent(target);
    try (Socket another = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket accepted = server.accept()) {
      say(another, accepted);
    }
  }

  @Test
  void resetConnectionsFailOnBothSidesAndNewOnesWorkOnceHealed() throws IOException {
    proxy.set(new Fault.Reset());
    assertThrows(SocketException.class, () -> client.getInputStream().read());
    assertThrows(SocketException.class, () -> target.getInputStream().read());
    proxy.heal();
    try (Socket another = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        Socket accepted = server.accept()) {
      say(another, accepted);
    }
  }

  private static void say(Socket from, Socket to) throws IOException {
    from.getOutputStream().write(WORDS);
    assertArrayEquals(WORDS, to.getInputStream().readNBytes(WORDS.length));
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SILENCE_MILLIS);
    assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
  }
}
