package io.lockstep.collective.tcp;

import io.lockstep.security.HandshakeFailure;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says {@link Hello} to a lower rank and makes the connection a link once it is accepted. */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class Dialler extends ByteToMessageDecoder {

  private final Rendezvous rendezvous;
  private final Peer peer;
  private boolean answered;

  private Dialler(Rendezvous rendezvous, Peer peer) {
    this.rendezvous = rendezvous;
    this.peer = peer;
  }

  /** Connects in the background; the outcome goes to the rendezvous. */
  static Channel dial(
      EventLoopGroup group,
      Rendezvous rendezvous,
      Peer peer,
      Duration timeout,
      Optional<PeerTls> tls) {
    Bootstrap bootstrap =
        Sockets.tuned(new Bootstrap())
            .group(group)
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeout.toMillis(), 1 << 30))
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    tls.ifPresentOrElse(
                        security -> security.dial(channel, peer),
                        () -> ReadBuffers.install(channel));
                    channel.pipeline().addLast(new Dialler(rendezvous, peer));
                  }
                });
    ChannelFuture connecting = bootstrap.connect(peer.host(), peer.port());
    connecting.addListener(
        (ChannelFutureListener)
            future -> {
              if (!future.isSuccess()) {
                rendezvous.fail(
                    peer,
                    "cannot connect to " + peer + ": " + future.cause().getMessage(),
                    future.cause());
              }
            });
    return connecting.channel();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    ByteBuf hello = context.alloc().buffer(Hello.BYTES);
    rendezvous.helloTo(peer).write(hello);
    context.writeAndFlush(hello);
    rendezvous.onFailure(context::close);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    @Nullable Reply reply = answered ? null : Reply.read(in);
    if (reply == null) {
      return;
    }
    answered = true;
    if (!reply.accepted()) {
      rendezvous.fail(peer, peer + " refused the connection: " + reply.refusal(), null);
      context.close();
      return;
    }
    @Nullable PeerLink link = rendezvous.link(peer.rank(), context.channel());
    if (link == null) {
      context.close();
      return;
    }
    context.pipeline().addLast(link);
    context.pipeline().remove(this);
    rendezvous.linked();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    if (!answered) {
      rendezvous.fail(peer, peer + " closed the connection without an answer", null);
    }
    super.channelInactive(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    String why = HandshakeFailure.explain(cause).orElse(String.valueOf(cause.getMessage()));
    rendezvous.fail(peer, "no answer from " + peer + ": " + why, cause);
    context.close();
  }
}
