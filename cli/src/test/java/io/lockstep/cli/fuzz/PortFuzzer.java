package io.lockstep.cli.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * A stranger on one port of this machine, who attacks again and again until told to stop. Which
 * attacks, in which order and with which bytes follows from a seed and from what was recorded; how
 * the port answers doesn't matter here.
 */
public final class PortFuzzer implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 2000;
  private static final int MOST_HELD = 24;
  private static final Duration PAUSE = Duration.ofMillis(15);

  private final String name;
  private final int port;
  private final Speeches speeches;
  private final Optional<SSLContext> tls;
  private final SplittableRandom random;
  private final Mutation mutation;
  private final byte[] clientHello;
  private final Map<Attack, Integer> made = new EnumMap<>(Attack.class);
  private final Deque<Socket> held = new ArrayDeque<>();
  private final Thread thread;
  private final long begun = System.nanoTime();
  private int closedTimes;
  private volatile boolean stopped;
  private volatile double seconds;

  /** What a stranger does with a connection. */
  public enum Attack {
    /** Random bytes. */
    GARBAGE,
    /** Something, or nothing, and then silence. */
    HALF_OPEN,
    /** Far more than anybody wants. */
    OVERSIZED,
    /** A byte at a time. */
    SLOW,
    /** What somebody else has said. */
    REPLAYED,
    /** What somebody else has said, with changes. */
    CHANGED,
    /** Frames of HTTP/2 whose messages are changed. */
    MESSAGES,
    /** Frames of HTTP/2 that don't belong there. */
    FRAMES,
    /** A handshake of TLS that is cut off or changed. */
    HANDSHAKE
  }

  /**
   * Begins to attack.
   *
   * @param name for reports
   * @param speeches what was said to this port
   * @param tls with which half of the connections begin; empty where the port is in plain text
   */
  public PortFuzzer(String name, int port, Speeches speeches, Optional<SSLContext> tls, long seed) {
    this.name = name;
    this.port = port;
    this.speeches = speeches;
    this.tls = tls;
    random = new SplittableRandom(seed);
    mutation = new Mutation(random);
    clientHello = clientHello();
    thread = Thread.ofPlatform().daemon().name("stranger on " + name).start(this::attack);
  }

  /** The first flight of a client. */
  private static byte[] clientHello() {
    try {
      SSLEngine engine = SSLContext.getDefault().createSSLEngine("localhost", 443);
      engine.setUseClientMode(true);
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      engine.setSSLParameters(parameters);
      ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      engine.wrap(ByteBuffer.allocate(0), hello);
      byte[] bytes = new byte[hello.position()];
      hello.flip().get(bytes);
      return bytes;
    } catch (NoSuchAlgorithmException | SSLException e) {
      throw new IllegalStateException("every Java platform has TLS", e);
    }
  }

  private void attack() {
    Attack[] all = Attack.values();
    while (!stopped) {
      Attack next = all[random.nextInt(all.length)];
      try {
        attack(next);
        made.merge(next, 1, Integer::sum);
      } catch (Closed e) {
        closedTimes++;
      } catch (IOException e) {
        // It was cut off, which is what should happen to it.
        made.merge(next, 1, Integer::sum);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    held.forEach(PortFuzzer::end);
    seconds = (System.nanoTime() - begun) / 1e9;
  }

  private void attack(Attack attack) throws IOException, InterruptedException {
    byte[] speech = speeches.any(random);
    switch (attack) {
      case GARBAGE -> say(mutation.garbage(8 << 10));
      case HALF_OPEN -> hold(speech);
      case OVERSIZED -> say(mutation.oversized());
      case SLOW -> slowly(speech);
      case REPLAYED -> say(speech);
      case CHANGED -> say(mutation.changed(speech));
      case MESSAGES -> say(mutation.changedMessages(speech));
      case FRAMES -> say(mutation.changedFrames(speech));
      case HANDSHAKE -> {
        try (Socket socket = plain()) {
          said(socket, mutation.handshake(clientHello));
        }
      }
    }
  }

  private void say(byte[] bytes) throws IOException {
    try (Socket socket = open()) {
      said(socket, bytes);
    }
  }

  /** Says it, and hears some of the answer, or goes without hearing it, or cuts the connection. */
  private void said(Socket socket, byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
    switch (random.nextInt(4)) {
      case 0 -> socket.setSoLinger(true, 0);
      case 1 -> {
        if (!(socket instanceof SSLSocket)) {
          socket.shutdownOutput();
        }
        hear(socket);
      }
      default -> hear(socket);
    }
  }

  private void hear(Socket socket) throws IOException {
    socket.setSoTimeout(1 + random.nextInt(200));
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[4096];
    for (int reads = random.nextInt(8); reads >= 0 && in.read(buffer) >= 0; reads--) {
      // What it says doesn't matter.
    }
  }

  private void hold(byte[] speech) throws IOException {
    Socket socket = plain();
    held.add(socket);
    if (held.size() > MOST_HELD) {
      end(held.remove());
    }
    socket.getOutputStream().write(speech, 0, random.nextInt(Math.min(speech.length, 512) + 1));
  }

  private void slowly(byte[] speech) throws IOException, InterruptedException {
    try (Socket socket = open()) {
      OutputStream out = socket.getOutputStream();
      for (int i = 0; i < Math.min(speech.length, 40) && !stopped; i++) {
        out.write(speech[i]);
        out.flush();
        Thread.sleep(random.nextInt(30));
      }
    }
  }

  private Socket open() throws IOException {
    Socket socket = plain();
    if (tls.isEmpty() || random.nextBoolean()) {
      return socket;
    }
    SSLSocket encrypted =
        (SSLSocket) tls.get().getSocketFactory().createSocket(socket, "localhost", port, true);
    SSLParameters parameters = encrypted.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    encrypted.setSSLParameters(parameters);
    try {
      encrypted.startHandshake();
    } catch (IOException e) {
      end(encrypted);
      throw e;
    }
    return encrypted;
  }

  private Socket plain() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(TIMEOUT_MILLIS);
    try {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
    } catch (IOException e) {
      end(socket);
      throw new Closed(e);
    }
    return socket;
  }

  /** The port takes no connection now. */
  private static final class Closed extends IOException {
    private static final long serialVersionUID = 1L;

    Closed(IOException cause) {
      super(cause);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed all the same.
    }
  }

  /** Stops, and waits for the attack under way. */
  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(30));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How often each attack was made; read after {@link #close}. */
  public Map<Attack, Integer> made() {
    return Map.copyOf(made);
  }

  /** One line; read after {@link #close}. */
  @Override
  public String toString() {
    return "%s: %.1f min, %s, closed %d times".formatted(name, seconds / 60, made, closedTimes);
  }
}
