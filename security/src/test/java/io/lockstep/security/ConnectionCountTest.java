package io.lockstep.security;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class ConnectionCountTest {

  @Test
  void thoseThatEndWithoutACallAreCounted() {
    ConnectionCount count = new ConnectionCount();
    InetSocketAddress caller = new InetSocketAddress("127.0.0.1", 1);
    InetSocketAddress stranger = new InetSocketAddress("127.0.0.1", 2);
    count.opened(caller);
    count.opened(stranger);
    count.called(caller);
    count.called(new InetSocketAddress("127.0.0.1", 3));
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
