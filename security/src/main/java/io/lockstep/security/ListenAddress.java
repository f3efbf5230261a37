package io.lockstep.security;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where a server listens, and how that is secured.
 *
 * @param host name or address of a local interface
 * @param port 0 for a free one
 * @param allowRemote whether an address that other machines reach is accepted although nothing
 *     secures it
 */
public record ListenAddress(String host, int port, boolean allowRemote, ServerSecurity security) {

  private static final int MOST_PORT = 65_535;

  /**
   * Checks the port.
   *
   * @throws IllegalArgumentException if it doesn't exist
   */
  public ListenAddress {
    if (port < 0 || port > MOST_PORT) {
      throw new IllegalArgumentException(
          "port " + port + " does not exist; use 0 for a free one or 1 to 65535");
    }
  }

  /** A port of this machine, in plain text. */
  public static ListenAddress local(String host, int port) {
    return new ListenAddress(host, port, false, ServerSecurity.NONE);
  }

  /** A free port of this machine, in plain text. */
  public static ListenAddress local() {
    return local("127.0.0.1", 0);
  }

  /**
   * The address to bind.
   *
   * @throws IllegalArgumentException for an unknown host, or an address beyond loopback that
   *     nothing secures and that was not allowed
   */
  public InetSocketAddress resolve() {
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
    } catch (UnknownHostException error) {
      throw new IllegalArgumentException(
          "host \"" + host + "\" is unknown; use 127.0.0.1 or an address of this machine", error);
    }
    if (!address.isLoopbackAddress() && !allowRemote && !security.isFitForNetworks()) {
      throw new IllegalArgumentException(
          host
              + " can be reached by other machines: give a certificate (--tls-cert, --tls-key) and"
              + " ask clients for a token (--tokens) or a certificate (--tls-client-auth), use"
              + " --host 127.0.0.1, or give --allow-remote on a network you trust");
    }
    return new InetSocketAddress(address, port);
  }
}
