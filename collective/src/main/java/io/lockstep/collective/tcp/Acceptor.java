package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Challenges a connection that arrived, reads its {@link Hello} and hands both to the listener. */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class Acceptor extends ByteToMessageDecoder {

  /** How long a connection may stay silent, twice, before it says who it is. */
  private static final long HELLO_SECONDS = 10;

  private final TcpListener listener;
  private final Challenge challenge = Challenge.draw();
  private boolean greeted;
  private boolean linked;

  Acceptor(TcpListener listener) {
    this.listener = listener;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    // Looked at twice: a machine that stood still must read what has come before it judges.
    after(context, () -> after(context, context::close));
    listener.opened(context.channel());
    context
        .channel()
        .closeFuture()
        .addListener(closed -> {
          listener.spoken(context.channel());
          if (!linked) {
            listener.dropped();
          }
        });
    ByteBuf first = context.alloc().buffer(Challenge.BYTES);
    challenge.write(first);
    context.writeAndFlush(first);
    context.fireChannelActive();
  }

  private void after(ChannelHandlerContext context, Runnable ifSilent) {
    context
        .executor()
        .schedule(
            () -> {
              if (!greeted) {
                ifSilent.run();
              }
            },
            HELLO_SECONDS,
            TimeUnit.SECONDS);
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (greeted) {
      // The dialler stays silent until it is answered; whoever does not is no peer.
      in.skipBytes(in.readableBytes());
      context.close();
      return;
    }
    if (in.readableBytes() < Hello.BYTES) {
      return;
    }
    greeted = true;
    listener.spoken(context.channel());
    @Nullable Hello hello = Hello.read(in);
    if (hello == null) {
      context.close();
    } else {
      listener.arrived(new Greeting(challenge, hello, context.channel()));
    }
  }

  /** Answers a connection on its event loop: makes it a link of the world, or refuses it. */
  static void answer(Rendezvous rendezvous, Greeting greeting) {
    Channel channel = greeting.channel();
    channel
        .eventLoop()
        .execute(() -> {
          if (!channel.isActive()) {
            return;
          }
          @Nullable String objection = rendezvous.objectionTo(greeting);
          if (objection != null) {
            Reply.refuse(channel, objection);
            return;
          }
          @Nullable PeerLink link = rendezvous.link(greeting.hello().fromRank(), channel);
          if (link == null) {
            channel.close();
            return;
          }
          channel.pipeline().addLast(link);
          channel.pipeline().remove(Acceptor.class).linked = true;
          ByteBuf reply = channel.alloc().buffer();
          Reply.accepted(rendezvous.answerTo(greeting)).write(reply);
          channel.writeAndFlush(reply);
          rendezvous.linked();
        });
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
