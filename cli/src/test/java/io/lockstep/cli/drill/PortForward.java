package io.lockstep.cli.drill;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A port of localhost that hands connections on to a pod's, as {@code kubectl port-forward}. */
final class PortForward implements AutoCloseable {

  private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final String address;
  private final int port;

  PortForward(String address, int port) throws IOException {
    this.address = address;
    this.port = port;
    Thread.startVirtualThread(this::accept);
  }

  int port() {
    return socket.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = socket.accept();
        Thread.startVirtualThread(() -> handOn(client));
      }
    } catch (IOException closed) {
      // Nobody needs it any more.
    }
  }

  private void handOn(Socket client) {
    try (client;
        Socket pod = new Socket(address, port)) {
      Thread back = Thread.startVirtualThread(() -> pump(pod, client));
      pump(client, pod);
      back.join();
    } catch (IOException gone) {
      // The client notices.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pump(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException gone) {
      // So has the other side, as soon as it writes.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
