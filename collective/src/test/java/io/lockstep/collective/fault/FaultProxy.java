package io.lockstep.collective.fault;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A TCP proxy in front of one process, whose faults are switched while it runs. It knows nothing of
 * what passes: collectives, gRPC, anything. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored")
public final class FaultProxy implements AutoCloseable {

  private static final String LOOPBACK = "127.0.0.1";

  private final EventLoopGroup thread =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("fault-proxy", true), NioIoHandler.newFactory());
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final Map<Direction, Lane> lanes = new EnumMap<>(Direction.class);
  private final String targetHost;
  private final int targetPort;
  private final Channel server;

  private FaultProxy(String targetHost, int targetPort) throws IOException {
    this.targetHost = targetHost;
    this.targetPort = targetPort;
    for (Direction direction : Direction.values()) {
      lanes.put(direction, new Lane());
    }
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(thread)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.AUTO_READ, false)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    connect(channel);
                  }
                });
    var bound = bootstrap.bind(LOOPBACK, 0).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      stopThread();
      throw new IOException("no port for a proxy", bound.cause());
    }
    this.server = bound.channel();
  }

  /** Starts a proxy on a free loopback port that lets everything through. */
  public static FaultProxy to(String host, int port) throws IOException {
    return new FaultProxy(host, port);
  }

  /** Where to connect instead of to the target. */
  public String host() {
    return LOOPBACK;
  }

  /** See {@link #host}. */
  public int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  /** Replaces the fault of both directions. */
  public void set(Fault fault) {
    for (Direction direction : Direction.values()) {
      set(direction, fault);
    }
  }

  /** Replaces the fault of one direction, for connections there are and those to come. */
  public void set(Direction direction, Fault fault) {
    lane(direction).set(fault);
    List<ProxiedConnection> all = new ArrayList<>(connections);
    all.forEach(connection -> thread.execute(connection::faultChanged));
  }

  /** Lets everything through again. */
  public void heal() {
    set(new Fault.None());
  }

  /** Resets the connections there are; new ones work. */
  public void resetConnections() {
    new ArrayList<>(connections).forEach(connection -> thread.execute(connection::reset));
  }

  /** How many bytes have come in a direction, whatever became of them. */
  public long bytes(Direction direction) {
    return lane(direction).bytes();
  }

  /** How many connections are open. */
  public int connections() {
    return connections.size();
  }

  private Lane lane(Direction direction) {
    return java.util.Objects.requireNonNull(lanes.get(direction));
  }

  private void connect(SocketChannel accepted) {
    if (lane(Direction.TO_TARGET).fault() instanceof Fault.Reset) {
      accepted.config().setSoLinger(0);
      accepted.close();
      return;
    }
    Bootstrap bootstrap =
        new Bootstrap()
            .group(accepted.eventLoop())
            .channel(NioSocketChannel.class)
            .option(ChannelOption.AUTO_READ, false)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    // The connection adds the handlers once both sides are there.
                  }
                });
    bootstrap
        .connect(targetHost, targetPort)
        .addListener(
            (ChannelFutureListener)
                connecting -> {
                  if (!connecting.isSuccess()) {
                    accepted.config().setSoLinger(0);
                    accepted.close();
                    return;
                  }
                  ProxiedConnection connection =
                      new ProxiedConnection(
                          accepted,
                          (SocketChannel) connecting.channel(),
                          lane(Direction.TO_TARGET),
                          lane(Direction.FROM_TARGET),
                          connections::remove);
                  connections.add(connection);
                  connection.start();
                });
  }

  /** Closes everything. */
  @Override
  public void close() {
    server.close().awaitUninterruptibly();
    resetConnections();
    stopThread();
  }

  private void stopThread() {
    thread.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
