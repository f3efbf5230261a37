package io.lockstep.collective.tcp;

import io.lockstep.collective.tcp.ExchangePart.Send;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes the sends of an exchange to one channel, piece by piece and no faster than the other side
 * takes them: through the socket, or through shared memory once the peer has opened it. Confined to
 * the channel's event loop.
 */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class Outbox {

  private final Channel channel;
  private final long generation;
  private final Runnable onSent;

  private @Nullable ExchangePart part;
  private @Nullable SharedOutlet shared;
  private int writesInFlight;

  /** Written by the event loop alone. */
  private final AtomicLong sentBytes = new AtomicLong();

  /**
   * @param onSent called when the memory of one send may be reused
   */
  Outbox(Channel channel, long generation, Runnable onSent) {
    this.channel = channel;
    this.generation = generation;
    this.onSent = onSent;
  }

  /** Bytes that were given to the peer so far, frames included; from any thread. */
  long sentBytes() {
    return sentBytes.get();
  }

  void begin(ExchangePart newPart) {
    part = newPart;
    pump();
  }

  /** Pieces go through shared memory from now on. */
  void share(SharedOutlet outlet) {
    shared = outlet;
  }

  /** Writes on until nothing is left or the other side has enough. */
  void pump() {
    boolean wrote = false;
    while (part != null && channel.isWritable() && (shared == null || shared.hasFree())) {
      @Nullable Send due = part.nextSend();
      if (due == null) {
        part = null;
      } else {
        writePiece(part, due);
        wrote = true;
      }
    }
    if (wrote) {
      channel.flush();
    }
  }

  private void writePiece(ExchangePart of, Send send) {
    long offset = send.offset;
    int length = (int) Math.min(FrameHeader.PIECE_BYTES, send.transfer.bytes() - offset);
    MemorySegment piece = send.memory.asSlice(offset, length);
    send.offset += length;
    send.begun = true;
    boolean last = send.isWritten();
    of.turn();
    if (shared != null) {
      shared.put(piece);
      sentBytes.addAndGet(length);
      write(header(FrameHeader.Kind.SHARED, of, send, offset, length, 0));
      taken(of, length, last);
      return;
    }
    // Summed right before the kernel copies it: the piece crosses the memory bus once.
    ByteBuffer bytes = piece.asByteBuffer();
    int checksum = FrameHeader.checksum(bytes.duplicate());
    write(header(FrameHeader.Kind.DATA, of, send, offset, length, checksum));
    write(Unpooled.wrappedBuffer(bytes))
        .addListener(
            (ChannelFutureListener)
                future -> {
                  if (future.isSuccess()) {
                    taken(of, length, last);
                  }
                });
  }

  private void taken(ExchangePart of, int length, boolean last) {
    of.countSent(length, System.nanoTime());
    if (last) {
      of.sentMessage();
      onSent.run();
    }
  }

  private ByteBuf header(
      FrameHeader.Kind kind, ExchangePart of, Send send, long offset, int length, int checksum) {
    return encoded(
        new FrameHeader(
            kind,
            send.transfer.slot(),
            length,
            generation,
            of.sequence(),
            of.tag,
            offset,
            send.transfer.bytes(),
            checksum));
  }

  private ByteBuf encoded(FrameHeader header) {
    ByteBuf out = channel.alloc().directBuffer(FrameHeader.BYTES);
    header.write(out);
    return out;
  }

  private ChannelFuture write(ByteBuf bytes) {
    writesInFlight++;
    sentBytes.addAndGet(bytes.readableBytes());
    return channel.write(bytes).addListener((ChannelFutureListener) future -> writesInFlight--);
  }

  /** Sends a frame that is no piece. */
  void control(FrameHeader.Kind kind, int number, byte[] bytes) {
    int checksum = FrameHeader.checksum(ByteBuffer.wrap(bytes));
    write(encoded(FrameHeader.control(kind, number, generation, bytes.length, checksum)));
    if (bytes.length > 0) {
      write(Unpooled.wrappedBuffer(bytes));
    }
    channel.flush();
  }

  /** Forgets all sends and shared memory. */
  void forget() {
    part = null;
    shared = null;
  }

  /** Tells the peer why this side ends, if the socket takes it at once; forgets all sends. */
  void endWith(@Nullable String reason) {
    part = null;
    if (reason == null || writesInFlight > 0 || !channel.isActive()) {
      return;
    }
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    control(
        FrameHeader.Kind.ABORT,
        0,
        Arrays.copyOf(text, Math.min(text.length, FrameHeader.MAX_ABORT_BYTES)));
  }
}
