package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.socket.SocketChannel;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides where the next bytes of one channel are read to: straight into the memory of the message
 * that is arriving, or into a small buffer where a header may begin. One per channel.
 */
final class ReadBuffers extends DefaultMaxMessagesRecvByteBufAllocator {

  /** A header and no more: what follows is read to where it belongs, without a copy. */
  private static final int HEADER_READ_BYTES = FrameHeader.BYTES;

  /** Several headers, where no pieces follow them. */
  private static final int HEADERS_READ_BYTES = 16 * FrameHeader.BYTES;

  private Supplier<@Nullable ByteBuf> destination = () -> null;
  private BooleanSupplier headersOnly = () -> false;

  /** Lets a channel read so. */
  static void install(SocketChannel channel) {
    channel.config().setRecvByteBufAllocator(new ReadBuffers());
  }

  /**
   * @param supplier called on the event loop before each read; an empty buffer over the memory to
   *     fill, or null if the next bytes are no payload
   * @param noPieces called likewise: whether pieces come another way
   */
  void readInto(Supplier<@Nullable ByteBuf> supplier, BooleanSupplier noPieces) {
    destination = supplier;
    headersOnly = noPieces;
  }

  @Override
  public ExtendedHandle newHandle() {
    return new MaxMessageHandle() {
      @Override
      public int guess() {
        return headersOnly.getAsBoolean() ? HEADERS_READ_BYTES : HEADER_READ_BYTES;
      }

      @Override
      public ByteBuf allocate(ByteBufAllocator allocator) {
        @Nullable ByteBuf memory = destination.get();
        return memory == null ? super.allocate(allocator) : memory;
      }
    };
  }
}
