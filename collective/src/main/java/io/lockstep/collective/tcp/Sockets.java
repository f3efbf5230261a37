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

  /**
   * Bytes handed to Netty ahead of the socket: enough for one writev, few enough that they are in
   * the cache still when the kernel copies them.
   */
  private static final WriteBufferWaterMark WRITE_AHEAD =
      new WriteBufferWaterMark(FrameHeader.PIECE_BYTES, 2 * FrameHeader.PIECE_BYTES);

  private static final int MAX_THREADS = 4;

  /** The others compute: whoever called an exchange adds what arrives. */
  private static final int CORES_PER_THREAD = 2;

  private Sockets() {}

  /** Threads for all connections of a listener. */
  static EventLoopGroup threads(String name) {
    int threads =
        Math.clamp(Runtime.getRuntime().availableProcessors() / CORES_PER_THREAD, 1, MAX_THREADS);
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
