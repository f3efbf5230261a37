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

/**
 * Answers a lower rank's {@link Challenge} and makes the connection a link once both are proven.
 */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class Dialler extends ByteToMessageDecoder {

  private final Rendezvous rendezvous;
  private final Peer peer;
  private @Nullable Challenge challenge;
  private @Nullable Hello hello;
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
    rendezvous.onFailure(context::close);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    Challenge asked = challenge;
    Hello said = hello;
    if (asked == null || said == null) {
      greet(context, in);
      return;
    }
    @Nullable Reply reply = answered ? null : Reply.read(in);
    if (reply == null) {
      return;
    }
    answered = true;
    if (reply.proof().isEmpty()) {
      end(context, peer + " refused the connection: " + reply.refusal());
      return;
    }
    if (!rendezvous.isAnswer(reply.proof().get(), said, asked)) {
      end(context, "whoever answers as " + peer + " doesn't know the run's token");
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

  private void greet(ChannelHandlerContext context, ByteBuf in) {
    if (in.readableBytes() < Challenge.BYTES) {
      return;
    }
    Challenge asked = Challenge.read(in);
    if (asked == null) {
      end(context, peer + " doesn't speak this protocol; start all workers from one release");
      return;
    }
    Hello said = rendezvous.helloTo(peer, asked);
    challenge = asked;
    hello = said;
    ByteBuf bytes = context.alloc().buffer(Hello.BYTES);
    said.write(bytes);
    context.writeAndFlush(bytes);
  }

  private void end(ChannelHandlerContext context, String why) {
    rendezvous.fail(peer, why, null);
    context.close();
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
