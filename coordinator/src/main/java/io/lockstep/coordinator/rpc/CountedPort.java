package io.lockstep.coordinator.rpc;

import io.grpc.netty.NettyServerBuilder;
import io.lockstep.security.ConnectionCount;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A port whose connections are counted from the moment at which they are taken. */
final class CountedPort implements AutoCloseable {

  private static final int THREADS = 4;

  private final ConnectionCount count = new ConnectionCount();
  private final EventLoopGroup acceptor = threads("coordinator-accept", 1);
  private final EventLoopGroup connections = threads("coordinator-rpc", THREADS);

  private static EventLoopGroup threads(String name, int threads) {
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
  }

  /** A server that takes its connections here. */
  NettyServerBuilder at(SocketAddress address) {
    return NettyServerBuilder.forAddress(address)
        .channelFactory(() -> new Taking(count))
        .bossEventLoopGroup(acceptor)
        .workerEventLoopGroup(connections);
  }

  ConnectionCount count() {
    return count;
  }

  @Override
  public void close() {
    acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    connections.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Takes connections and tells of them. */
  private static final class Taking extends NioServerSocketChannel {
    private final ConnectionCount count;

    Taking(ConnectionCount count) {
      this.count = count;
    }

    @Override
    protected int doReadMessages(List<Object> taken) throws Exception {
      int before = taken.size();
      int number = super.doReadMessages(taken);
      for (Object each : taken.subList(before, taken.size())) {
        if (each instanceof Channel channel) {
          SocketAddress remote = channel.remoteAddress();
          // One that has gone already has no address any more.
          if (remote != null) {
            count.opened(remote);
            var _ = channel.closeFuture().addListener(closed -> count.closed(remote));
          }
        }
      }
      return number;
    }
  }
}
