package io.lockstep.security;

import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many of a port's connections have ended without a single call: strangers, scans of ports,
 * handshakes that failed. Safe for use by several threads.
 */
public final class ConnectionCount {

  private final Map<SocketAddress, Boolean> open = new ConcurrentHashMap<>();
  private final AtomicLong dropped = new AtomicLong();

  /** A connection has come from there. */
  public void opened(SocketAddress remote) {
    open.put(remote, false);
  }

  /** Somebody has called over the connection from there. */
  public void called(SocketAddress remote) {
    open.computeIfPresent(remote, (same, before) -> true);
  }

  /** The connection from there has ended. */
  public void closed(SocketAddress remote) {
    if (Boolean.FALSE.equals(open.remove(remote))) {
      dropped.incrementAndGet();
    }
  }

  /** Connections that have ended without a call. */
  public long dropped() {
    return dropped.get();
  }
}
