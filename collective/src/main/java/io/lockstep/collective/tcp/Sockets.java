package io.lockstep.collective.tcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** The transport and its tuning, in one place. */
final class Sockets {

  /** Bytes handed to Netty ahead of the socket; wrapped memory, so this costs nothing. */
  private static final WriteBufferWaterMark WRITE_AHEAD =
      new WriteBufferWaterMark(1 << 20, 4 << 20);

  private static final int MAX_THREADS = 4;

  private Sockets() {}

  /** Threads for all connections of a listener. */
  static EventLoopGroup threads(String name) {
    int threads = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
  }

  static Bootstrap tuned(Bootstrap bootstrap) {
    return bootstrap
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_AHEAD);
  }

  static ServerBootstrap tuned(ServerBootstrap bootstrap) {
    return bootstrap
        .channel(NioServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WRITE_AHEAD);
  }
}
