package io.lockstep.collective.tcp;

import io.lockstep.collective.AbortedException;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.Transfer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One end of the connection between two ranks.
 *
 * <p>The socket is read straight into the memory of the receive that a message is for. A message
 * whose exchange this rank has not called yet stops the reading of this connection, so that it
 * waits in the sender's memory; reading goes on when the exchange is called. This cannot deadlock:
 * ranks call exchanges in the same order, an exchange reads from all its peers at once, and so the
 * earliest exchange that anyone is in always has its way free.
 *
 * <p>All state is confined to the channel's event loop; other threads call {@link #begin} and
 * {@link #shutDown} only.
 */
// A write or close that fails ends the channel, and the handlers see that.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerLink extends ChannelInboundHandlerAdapter {

  /** Read from one socket before the others have their turn. */
  private static final long MAX_READ_BYTES = 1 << 20;

  private final int rank;
  private final Peer peer;
  private final long generation;
  private final Channel channel;
  private final Outbox outbox;
  private final CompletableFuture<@Nullable Void> quiesced = new CompletableFuture<>();

  /** Bytes that wait for an exchange; reading is paused exactly while a header waits. */
  private final Deque<ByteBuf> held = new ArrayDeque<>();

  private final ByteBuf headerBytes;
  private @Nullable FrameHeader waiting;
  private @Nullable Message incoming;

  /** The buffer over {@code incoming}'s memory that the socket is being read into. */
  private @Nullable ByteBuf direct;

  private @Nullable ExchangePart part;
  private @Nullable CollectiveException broken;

  /** A message being received; {@code filled} bytes of {@code memory} are there. */
  private static final class Message {
    final FrameHeader header;
    final MemorySegment memory;
    long filled;

    Message(FrameHeader header, MemorySegment memory) {
      this.header = header;
      this.memory = memory;
    }

    MemorySegment next(long bytes) {
      return memory.asSlice(filled, bytes);
    }

    long missing() {
      return memory.byteSize() - filled;
    }
  }

  PeerLink(int rank, Peer peer, long generation, Channel channel) {
    this.rank = rank;
    this.peer = peer;
    this.generation = generation;
    this.channel = channel;
    this.headerBytes = channel.alloc().heapBuffer(FrameHeader.BYTES, FrameHeader.BYTES);
    this.outbox = new Outbox(channel, generation, this::oneSent);
  }

  Peer peer() {
    return peer;
  }

  /** Starts this link's part of an exchange; the link reports to the part's exchange. */
  void begin(ExchangePart newPart) {
    if (!onLoop(() -> beginOnLoop(newPart))) {
      newPart.exchange.fail(
          new AbortedException(
              rank, CollectiveException.NO_PEER, newPart.tag, "listener closed", null));
    }
  }

  private void beginOnLoop(ExchangePart newPart) {
    if (broken != null) {
      newPart.exchange.fail(beforeTag(broken, newPart.tag));
      return;
    }
    part = newPart;
    outbox.begin(newPart);
    resume();
  }

  private CollectiveException beforeTag(CollectiveException earlier, long tag) {
    return earlier instanceof AbortedException
        ? earlier
        : new CollectiveException(
            rank, peer.rank(), tag, 0, earlier.reason() + " before tag " + tag, earlier);
  }

  /**
   * Closes the connection and lets go of all memory; idempotent.
   *
   * @param reason sent to the peer if possible; null for a clean end
   * @return completes when no network thread touches any transfer's memory any more
   */
  CompletableFuture<@Nullable Void> shutDown(@Nullable String reason) {
    if (!onLoop(() -> shutDownOnLoop(reason))) {
      // A loop ends only after its channels are closed: nobody is left to touch any memory.
      quiesced.complete(null);
    }
    return quiesced;
  }

  private void shutDownOnLoop(@Nullable String reason) {
    if (broken == null) {
      outbox.endWith(reason);
      breakWith(new AbortedException(rank, CollectiveException.NO_PEER, 0, "closed", null));
    }
    // As a task of its own on the loop this runs inside no handler that still holds memory.
    quiesced.complete(null);
  }

  private boolean onLoop(Runnable task) {
    try {
      channel.eventLoop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  // --- receiving -------------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    if (broken != null) {
      ((ByteBuf) bytes).release();
      return;
    }
    held.addLast((ByteBuf) bytes);
    drain();
  }

  /** Called before each read; see {@link ReadBuffers#readInto}. */
  private @Nullable ByteBuf destination() {
    direct = null;
    // Bytes that are held come before those that the socket has.
    if (incoming != null && incoming.memory.isNative() && held.isEmpty()) {
      long length = Math.min(incoming.missing(), MAX_READ_BYTES);
      direct = Unpooled.wrappedBuffer(incoming.next(length).asByteBuffer()).clear();
    }
    return direct;
  }

  private void resume() {
    if (waiting != null) {
      FrameHeader header = waiting;
      waiting = null;
      admit(header);
    }
    drain();
    if (waiting == null && broken == null) {
      channel.config().setAutoRead(true);
    }
  }

  private void drain() {
    while (waiting == null && broken == null && !held.isEmpty()) {
      ByteBuf bytes = held.getFirst();
      consume(bytes);
      // A failure inside has released everything held, these bytes too.
      if (broken == null && !bytes.isReadable()) {
        held.removeFirst().release();
      }
    }
  }

  private void consume(ByteBuf bytes) {
    while (waiting == null && broken == null && bytes.isReadable()) {
      if (incoming != null) {
        fill(incoming, bytes);
      } else {
        headerBytes.writeBytes(bytes, Math.min(bytes.readableBytes(), headerBytes.writableBytes()));
        if (!headerBytes.isWritable()) {
          @Nullable FrameHeader header = FrameHeader.read(headerBytes);
          headerBytes.clear();
          if (header == null) {
            fail(peer + " sent bytes that are no message of this protocol", null);
          } else {
            admit(header);
          }
        }
      }
    }
  }

  private void admit(FrameHeader header) {
    if (header.generation() != generation) {
      fail(
          "%s sent a message of generation %d, rank %d is in generation %d"
              .formatted(peer, header.generation(), rank, generation),
          null);
    } else if (header.kind() == FrameHeader.Kind.ABORT) {
      start(new Message(header, MemorySegment.ofArray(new byte[(int) header.length()])));
    } else if (part == null || !part.awaitsMore()) {
      waiting = header;
      channel.config().setAutoRead(false);
    } else {
      admitData(header, part);
    }
  }

  private void admitData(FrameHeader header, ExchangePart into) {
    if (header.tag() != into.tag) {
      fail(
          "%s sends tag %d, slot %d while rank %d awaits tag %d, slots %s"
              .formatted(peer, header.tag(), header.slot(), rank, into.tag, into.awaitedSlots()),
          null);
      return;
    }
    @Nullable Transfer receive = into.takeReceive(header.slot());
    if (receive == null) {
      fail(
          "%s sends slot %d of tag %d while rank %d awaits slots %s"
              .formatted(peer, header.slot(), into.tag, rank, into.awaitedSlots()),
          null);
    } else if (receive.bytes() != header.length()) {
      fail(
          "%s sends %d bytes for tag %d, slot %d while rank %d awaits %d bytes"
              .formatted(peer, header.length(), into.tag, header.slot(), rank, receive.bytes()),
          null);
    } else {
      start(new Message(header, NativeMemory.unscoped(receive.memory())));
    }
  }

  private void start(Message message) {
    incoming = message;
    finishIfFull(message);
  }

  // Which buffer it is decides whether its bytes are in place already, not what it holds.
  @SuppressWarnings("ReferenceEquality")
  private void fill(Message message, ByteBuf bytes) {
    int length = (int) Math.min(bytes.readableBytes(), message.missing());
    if (bytes != direct) {
      MemorySegment source = MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), length));
      message.next(length).copyFrom(source);
    }
    bytes.skipBytes(length);
    message.filled += length;
    if (message.header.kind() == FrameHeader.Kind.DATA) {
      Objects.requireNonNull(part).countReceived(length);
    }
    finishIfFull(message);
  }

  private void finishIfFull(Message message) {
    if (message.missing() > 0) {
      return;
    }
    incoming = null;
    if (message.header.kind() == FrameHeader.Kind.ABORT) {
      byte[] text = message.memory.toArray(ValueLayout.JAVA_BYTE);
      String reason = peer + " aborted: " + new String(text, StandardCharsets.UTF_8);
      breakWith(new AbortedException(rank, peer.rank(), tag(), reason, null));
    } else {
      Objects.requireNonNull(part).received();
      finishPartIfDone();
    }
  }

  // --- sending ---------------------------------------------------------------------------------

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (broken == null) {
      outbox.pump();
    }
  }

  private void oneSent() {
    if (part != null) {
      part.sent();
      finishPartIfDone();
    }
  }

  private void finishPartIfDone() {
    @Nullable ExchangePart current = part;
    if (current != null && current.isDone()) {
      part = null;
      current.exchange.partDone();
    }
  }

  // --- ending ----------------------------------------------------------------------------------

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    ((ReadBuffers) channel.config().getRecvByteBufAllocator()).readInto(this::destination);
    if (!channel.isActive()) {
      fail(peer + " closed the connection", null);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    fail(peer + " closed the connection" + progress(), null);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    fail(peer + " closed the connection" + progress() + ": " + cause.getMessage(), cause);
  }

  private String progress() {
    return part == null ? "" : " " + part.progress();
  }

  private long tag() {
    return part == null ? 0 : part.tag;
  }

  private void fail(String reason, @Nullable Throwable cause) {
    long received = part == null ? 0 : part.bytesReceived();
    breakWith(new CollectiveException(rank, peer.rank(), tag(), received, reason, cause));
  }

  /** Keeps the first reason, forgets all memory and closes the connection. */
  private void breakWith(CollectiveException failure) {
    if (broken != null) {
      return;
    }
    broken = failure;
    @Nullable ExchangePart ended = part;
    part = null;
    incoming = null;
    direct = null;
    waiting = null;
    channel.close();
    headerBytes.release();
    while (!held.isEmpty()) {
      held.removeFirst().release();
    }
    if (ended != null) {
      ended.exchange.fail(failure);
    }
  }
}
