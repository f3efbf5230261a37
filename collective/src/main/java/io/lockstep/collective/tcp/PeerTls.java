package io.lockstep.collective.tcp;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;

/**
 * TLS between members of a world, who prove themselves to each other.
 *
 * @param accepting for connections that arrive; asks for a certificate
 * @param dialling for those to other members; their certificates must name the hosts
 */
public record PeerTls(SslContext accepting, SslContext dialling) {

  private static final int LEAST_READ_BYTES = 1 << 10;

  /** Several records of 16 KiB: enough for a loop to be busy with one read. */
  private static final int MOST_READ_BYTES = 1 << 18;

  void accept(SocketChannel channel) {
    add(channel, accepting.newHandler(channel.alloc()));
  }

  void dial(SocketChannel channel, Peer peer) {
    add(channel, dialling.newHandler(channel.alloc(), peer.host(), peer.port()));
  }

  private static void add(SocketChannel channel, SslHandler handler) {
    channel
        .config()
        .setRecvByteBufAllocator(
            new AdaptiveRecvByteBufAllocator(
                LEAST_READ_BYTES, MOST_READ_BYTES >> 2, MOST_READ_BYTES));
    channel.pipeline().addLast(handler);
  }
}
