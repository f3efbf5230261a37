package io.lockstep.cli.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/**
 * A port that hands connections on to another one, and keeps what clients say. A conversation that
 * goes on is kept as it was when it became longer than {@value #MOST} bytes, or after a while.
 */
public final class Recorder implements AutoCloseable {

  private static final int MOST = 48 << 10;
  private static final int FIRST = 256;

  private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Speeches speeches;
  private volatile int target;

  /** A port; connections that come before {@link #to} are closed. */
  public Recorder(Speeches speeches) throws IOException {
    this.speeches = speeches;
    Thread.ofVirtual().start(this::accept);
  }

  /** Where connections are handed on to. */
  public Recorder to(int port) {
    target = port;
    return this;
  }

  /** The port that clients are told. */
  public int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread.ofVirtual().start(() -> handOn(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void handOn(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      Thread back = Thread.ofVirtual().start(() -> pump(server, client, false));
      pump(client, server, true);
      back.join();
    } catch (IOException e) {
      // Either end has gone: so has the conversation.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pump(Socket from, Socket to, boolean keeps) {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    byte[] buffer = new byte[16 << 10];
    int next = FIRST;
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        out.write(buffer, 0, read);
        if (keeps && kept.size() < MOST) {
          kept.write(buffer, 0, read);
          if (kept.size() >= next) {
            speeches.add(Arrays.copyOf(kept.toByteArray(), Math.min(kept.size(), MOST)));
            next = 4 * next;
          }
        }
      }
    } catch (IOException e) {
      // Either end has gone.
    }
    if (keeps) {
      speeches.add(kept.toByteArray());
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
