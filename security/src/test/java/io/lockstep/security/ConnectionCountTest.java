package io.lockstep.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class ConnectionCountTest {

  @Test
  void thoseThatEndWithoutACallAreCounted() {
    ConnectionCount count = new ConnectionCount();
    InetSocketAddress caller = InetSocketAddress.createUnresolved("here", 1);
    InetSocketAddress stranger = InetSocketAddress.createUnresolved("here", 2);
    count.opened(caller);
    count.opened(stranger);
    count.called(caller);
    count.called(InetSocketAddress.createUnresolved("here", 3));
    assertEquals(0, count.dropped());
    count.closed(caller);
    count.closed(stranger);
    count.closed(stranger);
    assertEquals(1, count.dropped());
    count.opened(caller);
    count.closed(caller);
    assertEquals(2, count.dropped(), "another connection from the same address");
  }
}
