package io.lockstep.collective.tcp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The address at which a process is reached by its peers, known before any world is and kept across
 * generations; owns the network threads of every collective connected through it. Thread-safe.
 */
public final class TcpListener implements AutoCloseable {

  /** Connections that may wait for a generation this process has not reached. */
  private static final int MAX_EARLY = 4096;

  /** The same of those that don't know this run's secret, which may be about to change. */
  private static final int MAX_UNKNOWN = 64;

  /** Connections that may be open and have not said yet who they are; the oldest gives way. */
  private static final int MAX_SILENT = 512;

  private final EventLoopGroup threads;
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final String host;
  private final int port;
  private final Optional<PeerTls> tls;
  private final List<Greeting> early = new ArrayList<>();
  private final Set<Channel> silent = new LinkedHashSet<>();
  private final AtomicLong dropped = new AtomicLong();
  private @Nullable RunToken secret;

  private long lowestGeneration = Long.MIN_VALUE;
  private @Nullable Rendezvous rendezvous;
  private @Nullable TcpCollective live;
  private boolean closed;

  private TcpListener(String host, int port, Optional<PeerTls> tls) throws IOException {
    this.tls = tls;
    this.threads = Sockets.threads("lockstep-collective");
    this.host = host;
    ServerBootstrap bootstrap =
        Sockets.tuned(new ServerBootstrap())
            .group(threads)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channels.add(channel);
                    tls.ifPresentOrElse(
                        security -> security.accept(channel), () -> ReadBuffers.install(channel));
                    channel.pipeline().addLast(new Acceptor(TcpListener.this));
                  }
                });
    ChannelFuture bound = bootstrap.bind(host, port).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      stopThreads();
      throw new IOException(
          "cannot listen on %s:%d: %s".formatted(host, port, bound.cause().getMessage()),
          bound.cause());
    }
    channels.add(bound.channel());
    this.port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
  }

  /**
   * Listens on a free port of a local address.
   *
   * @param host local address or name, such as 127.0.0.1
   */
  public static TcpListener open(String host) throws IOException {
    return open(host, 0, Optional.empty());
  }

  /**
   * Listens on a local address and port.
   *
   * @param port 0 for a free one
   * @param tls for all connections; members of a world all have it or none does
   */
  public static TcpListener open(String host, int port, Optional<PeerTls> tls) throws IOException {
    return new TcpListener(host, port, tls);
  }

  /** The address as given to {@link #open(String)}. */
  public String host() {
    return host;
  }

  /** The port that is bound. */
  public int port() {
    return port;
  }

  /**
   * Ends what belongs to an older generation at once: a connect that waits, the collective with its
   * exchange in flight, connections that still arrive.
   *
   * @param generation the lowest that is accepted from now on; a lower one than before changes
   *     nothing
   * @param reason for the exceptions that end older work
   */
  public void advanceTo(long generation, String reason) {
    List<Runnable> endings = new ArrayList<>();
    synchronized (this) {
      if (generation <= lowestGeneration) {
        return;
      }
      lowestGeneration = generation;
      if (rendezvous != null && rendezvous.generation() < generation) {
        Rendezvous old = rendezvous;
        endings.add(() -> old.abort(reason));
        rendezvous = null;
      }
      if (live != null && live.generation() < generation) {
        TcpCollective old = live;
        endings.add(() -> old.abort(reason));
        live = null;
      }
      for (Iterator<Greeting> waiting = early.iterator(); waiting.hasNext(); ) {
        Greeting connection = waiting.next();
        if (connection.generation() < generation) {
          waiting.remove();
          endings.add(() -> refuseOld(connection, generation));
        }
      }
    }
    endings.forEach(Runnable::run);
  }

  /** A connection has said hello: gives it to its generation's rendezvous or keeps it for that. */
  void arrived(Greeting greeting) {
    @Nullable Rendezvous present;
    long lowest;
    synchronized (this) {
      lowest = lowestGeneration;
      present = rendezvous;
      boolean current = present != null && present.generation() == greeting.generation();
      if (!current && greeting.generation() >= lowest && !isLive(greeting.generation())) {
        early.removeIf(waiting -> !waiting.channel().isActive());
        makeRoom(greeting);
        if (early.size() < MAX_EARLY) {
          early.add(greeting);
          return;
        }
      }
    }
    if (greeting.generation() < lowest) {
      refuseOld(greeting, lowest);
    } else if (present != null) {
      Acceptor.answer(present, greeting);
    } else {
      Reply.refuse(greeting.channel(), "%s:%d awaits no connection".formatted(host, port));
    }
  }

  /** Of those that don't know the secret only the newest wait, so that they keep nobody out. */
  private void makeRoom(Greeting greeting) {
    if (isKnown(greeting)) {
      return;
    }
    List<Greeting> unknown = early.stream().filter(waiting -> !isKnown(waiting)).toList();
    if (unknown.size() >= MAX_UNKNOWN) {
      early.remove(unknown.getFirst());
      var _ = unknown.getFirst().channel().close();
    }
  }

  private boolean isKnown(Greeting greeting) {
    RunToken present = secret;
    return present != null && greeting.isBy(present);
  }

  /** A connection has arrived that is yet to say hello. */
  void opened(Channel channel) {
    @Nullable Channel eldest = null;
    synchronized (this) {
      silent.add(channel);
      if (silent.size() > MAX_SILENT) {
        eldest = silent.iterator().next();
        silent.remove(eldest);
      }
    }
    if (eldest != null) {
      var _ = eldest.close();
    }
  }

  /** A connection that had arrived has ended, and never became a peer's. */
  void dropped() {
    dropped.incrementAndGet();
  }

  /**
   * Connections that arrived and ended without becoming a peer's: those of strangers, and of peers
   * in generations that are over.
   */
  public long droppedConnections() {
    return dropped.get();
  }

  /** It has said something, or is gone. */
  synchronized void spoken(Channel channel) {
    silent.remove(channel);
  }

  private boolean isLive(long generation) {
    return live != null && live.generation() == generation;
  }

  private void refuseOld(Greeting greeting, long lowest) {
    Reply.refuse(
        greeting.channel(),
        "generation %d is over, %s:%d is in generation %d"
            .formatted(greeting.generation(), host, port, lowest));
  }

  /**
   * Ranks that {@link TcpCollective#connect} waits for in a generation, in order; none if it isn't
   * being connected.
   */
  public List<Integer> awaited(long generation) {
    @Nullable Rendezvous present;
    synchronized (this) {
      present = rendezvous;
    }
    return present != null && present.generation() == generation ? present.missing() : List.of();
  }

  /** Connects to all peers of a generation; see {@link TcpCollective#connect}. */
  List<PeerLink> meet(Rendezvous meeting, List<Peer> lower, Duration timeout) {
    advanceTo(meeting.generation(), "generation " + meeting.generation() + " begins");
    List<Greeting> waiting = new ArrayList<>();
    synchronized (this) {
      requireFresh(meeting.generation());
      rendezvous = meeting;
      secret = meeting.token();
      for (Iterator<Greeting> all = early.iterator(); all.hasNext(); ) {
        Greeting connection = all.next();
        if (connection.generation() == meeting.generation()) {
          all.remove();
          waiting.add(connection);
        }
      }
    }
    for (Greeting connection : waiting) {
      Acceptor.answer(meeting, connection);
    }
    for (Peer peer : lower) {
      channels.add(Dialler.dial(threads, meeting, peer, timeout, tls));
    }
    return meeting.await(timeout);
  }

  private void requireFresh(long generation) {
    if (closed) {
      throw new IllegalStateException("listener %s:%d is closed".formatted(host, port));
    }
    if (generation < lowestGeneration || isLive(generation) || rendezvous != null) {
      throw new IllegalStateException(
          "%s:%d cannot connect generation %d: it is over or connected already (now %d)"
              .formatted(host, port, generation, lowestGeneration));
    }
  }

  /** Ends a rendezvous; {@code connected} takes its place unless a newer generation began. */
  synchronized boolean met(Rendezvous meeting, @Nullable TcpCollective connected) {
    if (rendezvous != meeting) {
      return false;
    }
    rendezvous = null;
    live = connected;
    return true;
  }

  /** Aborts what is connected through this listener, frees the port and ends the threads. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    advanceTo(Long.MAX_VALUE, "the listener was closed");
    channels.close().awaitUninterruptibly();
    stopThreads();
  }

  private void stopThreads() {
    threads.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
