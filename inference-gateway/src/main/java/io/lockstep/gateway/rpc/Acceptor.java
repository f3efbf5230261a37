package io.lockstep.gateway.rpc;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.util.EventLoopGroups;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The thread that takes a port's connections. It ends as soon as it is asked to: Netty's own way is
 * to wait two seconds for more work, and a port that is closed has none.
 */
final class Acceptor extends MultiThreadIoEventLoopGroup {

  private Acceptor(String name, IoHandlerFactory io) {
    super(1, new DefaultThreadFactory(name), io);
  }

  static EventLoopGroup named(String name) {
    return switch (Flags.transportType()) {
      case NIO -> new Acceptor(name, NioIoHandler.newFactory());
      case EPOLL -> new Acceptor(name, EpollIoHandler.newFactory());
      case KQUEUE, IO_URING -> EventLoopGroups.newEventLoopGroup(1, name);
    };
  }

  @Override
  public Future<?> shutdownGracefully() {
    return shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }
}
