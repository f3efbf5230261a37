package io.lockstep.operations;

import io.lockstep.security.ListenAddress;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TransportSecurity;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;

/**
 * A process's HTTP port: {@code /startupz}, {@code /readyz} and {@code /livez} for an orchestrator,
 * {@code /metrics} for Prometheus, and pages for people. It reads and changes nothing: GET and HEAD
 * alone are answered. Who may ask for what is {@link HttpSite}'s matter.
 */
public final class OperationsServer implements AutoCloseable {

  /** Answers that are made at the same time. */
  private static final int THREADS = 8;

  /** Threads that read requests and write answers. */
  private static final int IO_THREADS = 2;

  /** Connections at a time; further ones are closed. */
  private static final int MOST_CONNECTIONS = 256;

  /** Nobody has anything to send here. */
  private static final int MOST_BODY_BYTES = 8 << 10;

  private final Channel port;
  private final EventLoopGroup connections;
  private final ExecutorService threads;

  private OperationsServer(Channel port, EventLoopGroup connections, ExecutorService threads) {
    this.port = port;
    this.connections = connections;
    this.threads = threads;
  }

  /**
   * Starts to listen.
   *
   * @param pages by their paths, such as {@code /} or {@code /logs/}
   * @throws IOException in one line if the port can't be had
   * @throws IllegalArgumentException if the address may not be listened on
   */
  public static OperationsServer start(
      ListenAddress address, Health health, ProcessRegistry metrics, Map<String, Page> pages)
      throws IOException {
    InetSocketAddress where = address.resolve();
    HttpSite site = HttpSite.of(address.security(), health, metrics.registry(), pages);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("operations-", 0).factory());
    EventLoopGroup connections =
        new MultiThreadIoEventLoopGroup(
            IO_THREADS,
            new DefaultThreadFactory("operations-port", true),
            NioIoHandler.newFactory());
    Optional<SSLContext> tls = context(address.security());
    AtomicInteger open = new AtomicInteger();
    ChannelFuture bound =
        new ServerBootstrap()
            .group(connections)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    HttpConnection connection =
                        new HttpConnection(site, threads, metrics.droppedHttpConnections());
                    var _ =
                        channel
                            .closeFuture()
                            .addListener(closed -> {
                              open.decrementAndGet();
                              connection.closed();
                            });
                    if (open.incrementAndGet() > MOST_CONNECTIONS) {
                      var _ = channel.close();
                      return;
                    }
                    tls.ifPresent(context ->
                        channel
                            .pipeline()
                            .addLast(new SslHandler(engine(context, address.security()))));
                    channel
                        .pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpServerKeepAliveHandler())
                        .addLast(new HttpObjectAggregator(MOST_BODY_BYTES))
                        .addLast(connection);
                  }
                })
            .bind(where)
            .awaitUninterruptibly();
    OperationsServer server = new OperationsServer(bound.channel(), connections, threads);
    if (!bound.isSuccess()) {
      server.close();
      throw new IOException(
          "can't listen on %s:%d for HTTP (%s): give another --http-port, 0 takes a free one"
              .formatted(where.getHostString(), where.getPort(), bound.cause().getMessage()),
          bound.cause());
    }
    return server;
  }

  private static Optional<SSLContext> context(ServerSecurity security) {
    return security
        .tls()
        .map(tls -> {
          try {
            SSLContext context = SSLContext.getInstance(TransportSecurity.PROTOCOL);
            context.init(new KeyManager[] {tls.keys()}, new TrustManager[] {tls.clients()}, null);
            return context;
          } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS 1.3", e);
          }
        });
  }

  private static SSLEngine engine(SSLContext context, ServerSecurity security) {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(new String[] {TransportSecurity.PROTOCOL});
    // Probes come without one.
    engine.setWantClientAuth(security.clientCertificates());
    return engine;
  }

  /** The port it listens on. */
  public int port() {
    return ((InetSocketAddress) port.localAddress()).getPort();
  }

  /** Frees the port; answers under way are cut off. */
  @Override
  public void close() {
    port.close().awaitUninterruptibly();
    connections.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    threads.shutdownNow();
  }
}
