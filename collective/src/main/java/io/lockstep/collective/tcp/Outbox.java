package io.lockstep.collective.tcp;

import io.lockstep.collective.Transfer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes the sends of an exchange to one channel, chunk by chunk and no faster than the socket
 * takes them. Confined to the channel's event loop.
 */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class Outbox {

  private static final long CHUNK_BYTES = 1 << 20;

  private final Channel channel;
  private final long generation;
  private final Runnable onSent;

  private @Nullable ExchangePart part;
  private @Nullable Transfer current;
  private long offset;
  private int writesInFlight;

  /**
   * @param onSent called when the memory of one send may be reused
   */
  Outbox(Channel channel, long generation, Runnable onSent) {
    this.channel = channel;
    this.generation = generation;
    this.onSent = onSent;
  }

  void begin(ExchangePart newPart) {
    part = newPart;
    pump();
  }

  /** Writes on until the channel's outbound buffer is full or nothing is left. */
  void pump() {
    boolean wrote = false;
    while (channel.isWritable() && (current != null || startNext())) {
      writeChunk();
      wrote = true;
    }
    if (wrote) {
      channel.flush();
    }
  }

  private boolean startNext() {
    if (part == null) {
      return false;
    }
    current = part.nextSend();
    if (current == null) {
      part = null;
      return false;
    }
    offset = 0;
    write(header(FrameHeader.Kind.DATA, current.slot(), part.tag, current.bytes()));
    return true;
  }

  private void writeChunk() {
    Transfer send = Objects.requireNonNull(current);
    long length = Math.min(CHUNK_BYTES, send.bytes() - offset);
    MemorySegment chunk = NativeMemory.unscoped(send.memory()).asSlice(offset, length);
    ChannelFuture written = write(Unpooled.wrappedBuffer(chunk.asByteBuffer()));
    offset += length;
    if (offset == send.bytes()) {
      current = null;
      written.addListener(
          (ChannelFutureListener)
              future -> {
                if (future.isSuccess()) {
                  onSent.run();
                }
              });
    }
  }

  private ChannelFuture write(ByteBuf bytes) {
    writesInFlight++;
    return channel.write(bytes).addListener((ChannelFutureListener) future -> writesInFlight--);
  }

  private ByteBuf header(FrameHeader.Kind kind, int slot, long tag, long length) {
    ByteBuf out = channel.alloc().directBuffer(FrameHeader.BYTES);
    new FrameHeader(kind, slot, generation, tag, length).write(out);
    return out;
  }

  /**
   * Tells the peer why this side ends, if the stream is between two messages and the socket takes
   * it at once; forgets all sends.
   */
  void endWith(@Nullable String reason) {
    boolean betweenMessages = current == null && writesInFlight == 0;
    part = null;
    current = null;
    if (reason == null || !betweenMessages || !channel.isActive()) {
      return;
    }
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    byte[] kept = Arrays.copyOf(text, Math.min(text.length, FrameHeader.MAX_ABORT_BYTES));
    channel.write(header(FrameHeader.Kind.ABORT, 0, 0, kept.length));
    channel.writeAndFlush(Unpooled.wrappedBuffer(kept));
  }
}
