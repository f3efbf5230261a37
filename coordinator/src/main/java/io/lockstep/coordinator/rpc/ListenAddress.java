package io.lockstep.coordinator.rpc;

import io.lockstep.coordinator.RunRefusedException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where a server listens.
 *
 * @param host name or address of a local interface
 * @param port 0 for a free one
 * @param allowRemote whether an address that other machines reach is accepted
 */
public record ListenAddress(String host, int port, boolean allowRemote) {

  /** Loopback only. */
  public static ListenAddress local(String host, int port) {
    return new ListenAddress(host, port, false);
  }

  /**
   * The address to bind.
   *
   * @throws RunRefusedException for an unknown host, an impossible port, or an address beyond
   *     loopback that was not allowed
   */
  InetSocketAddress resolve() {
    if (port < 0 || port > 65535) {
      throw new RunRefusedException("port " + port + " doesn't exist: give 0 to 65535");
    }
    try {
      InetAddress address = InetAddress.getByName(host);
      if (!address.isLoopbackAddress() && !allowRemote) {
        throw new RunRefusedException(
            host
                + " is reachable from other machines, and the coordinator has neither TLS nor a"
                + " token: use --host 127.0.0.1, or give --allow-remote on a network you trust");
      }
      return new InetSocketAddress(address, port);
    } catch (UnknownHostException error) {
      throw new RunRefusedException(
          "host " + host + " is unknown: give an address of this machine, such as 127.0.0.1",
          error);
    }
  }
}
