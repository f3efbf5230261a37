package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.ProtocolException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes the frames of one connection apart and puts pieces where they belong. Confined to the
 * channel's event loop.
 *
 * <p>A piece whose exchange this rank has not called yet, or whose stream is too far ahead, stops
 * the reading of this connection, so that it waits in the sender's memory. This cannot deadlock:
 * ranks call exchanges in the same order, an exchange reads from all its peers at once, streams are
 * sent piece by piece in turn, and so the earliest piece that anyone waits for has its way free.
 */
final class Inbox {

  private final Channel channel;
  private final PeerLink link;

  /** Bytes that wait; reading is paused exactly while a header waits. */
  private final Deque<ByteBuf> held = new ArrayDeque<>();

  private final ByteBuf headerBytes;
  private @Nullable FrameHeader waiting;
  private boolean lacksRoom;
  private @Nullable Frame incoming;

  /** The buffer over {@code incoming}'s memory that the socket is being read into. */
  private @Nullable ByteBuf direct;

  private @Nullable SharedInlet shared;
  private boolean closed;

  /** A frame being received; {@code filled} bytes of {@code memory} are there. */
  private static final class Frame {
    final FrameHeader header;
    final MemorySegment memory;
    final @Nullable Receive receive;
    int filled;

    Frame(FrameHeader header, MemorySegment memory, @Nullable Receive receive) {
      this.header = header;
      this.memory = memory;
      this.receive = receive;
    }

    int missing() {
      return header.length() - filled;
    }
  }

  Inbox(Channel channel, PeerLink link) {
    this.channel = channel;
    this.link = link;
    this.headerBytes = channel.alloc().directBuffer(FrameHeader.BYTES, FrameHeader.BYTES);
  }

  /** Pieces may come through shared memory from now on. */
  void share(SharedInlet inlet) {
    shared = inlet;
  }

  /** Whether pieces come through shared memory. */
  boolean isShared() {
    return shared != null;
  }

  /** Whether it is this rank that keeps the peer waiting. */
  boolean lacksRoom() {
    return lacksRoom;
  }

  void received(ByteBuf bytes) {
    if (closed) {
      bytes.release();
      return;
    }
    held.addLast(bytes);
    drain();
  }

  /** Called before each read; see {@link ReadBuffers#readInto}. */
  @Nullable ByteBuf destination() {
    direct = null;
    // Bytes that are held come before those that the socket has.
    if (incoming != null && incoming.memory.isNative() && held.isEmpty()) {
      MemorySegment rest = incoming.memory.asSlice(incoming.filled);
      direct = Unpooled.wrappedBuffer(rest.asByteBuffer()).clear();
    }
    return direct;
  }

  /** Looks again at what waits: an exchange has begun, or there is room. */
  void resume() {
    if (closed) {
      return;
    }
    if (waiting != null) {
      FrameHeader header = waiting;
      waiting = null;
      lacksRoom = false;
      admit(header);
    }
    drain();
    if (waiting == null && !closed) {
      channel.config().setAutoRead(true);
    }
  }

  /** Forgets all memory. */
  void close() {
    closed = true;
    incoming = null;
    direct = null;
    waiting = null;
    shared = null;
    headerBytes.release();
    while (!held.isEmpty()) {
      held.removeFirst().release();
    }
  }

  private void drain() {
    while (waiting == null && !closed && !held.isEmpty()) {
      ByteBuf bytes = held.getFirst();
      consume(bytes);
      // A failure inside has released everything held, these bytes too.
      if (!closed && !bytes.isReadable()) {
        held.removeFirst().release();
      }
    }
  }

  private void consume(ByteBuf bytes) {
    while (waiting == null && !closed && bytes.isReadable()) {
      if (incoming != null) {
        fill(incoming, bytes);
        continue;
      }
      headerBytes.writeBytes(bytes, Math.min(bytes.readableBytes(), headerBytes.writableBytes()));
      if (!headerBytes.isWritable()) {
        readHeader();
      }
    }
  }

  private void readHeader() {
    try {
      FrameHeader header = FrameHeader.read(headerBytes);
      headerBytes.clear();
      admit(header);
    } catch (ProtocolException e) {
      link.fail("sent " + e.getMessage());
    }
  }

  private void admit(FrameHeader header) {
    switch (header.kind()) {
      case DATA, SHARED -> admitPiece(header);
      case CREDIT, OFFER, ANSWER, ABORT -> {
        if (link.isCurrent(header)) {
          start(new Frame(header, MemorySegment.ofArray(new byte[header.length()]), null));
        }
      }
    }
  }

  private void admitPiece(FrameHeader header) {
    if (!link.isCurrent(header)) {
      return;
    }
    @Nullable ExchangePart part = link.part();
    if (part == null || !part.awaitsMore()) {
      pause(header, false);
      return;
    }
    @Nullable Receive receive = link.receiveFor(header, part);
    if (receive == null) {
      return;
    }
    if (header.kind() == FrameHeader.Kind.SHARED) {
      takeShared(header, receive, part);
      return;
    }
    @Nullable MemorySegment place = receive.place(header.length(), link::roomMade);
    if (place == null) {
      pause(header, true);
    } else {
      start(new Frame(header, place, receive));
    }
  }

  private void takeShared(FrameHeader header, Receive receive, ExchangePart part) {
    if (shared == null) {
      link.fail("refers to shared memory that it has not offered");
      return;
    }
    if (shared.lends(part.streams())) {
      MemorySegment piece = shared.next(header.length());
      receive.borrow(piece, shared.returning());
    } else {
      @Nullable MemorySegment place = receive.place(header.length(), link::roomMade);
      if (place == null) {
        pause(header, true);
        return;
      }
      place.copyFrom(shared.next(header.length()));
      shared.returning().run();
      receive.placed(place);
    }
    link.progressed(header.length());
    link.finished(receive, header.length());
  }

  private void pause(FrameHeader header, boolean room) {
    waiting = header;
    lacksRoom = room;
    channel.config().setAutoRead(false);
  }

  private void start(Frame frame) {
    incoming = frame;
    finishIfFull(frame);
  }

  // Which buffer it is decides whether its bytes are in place already, not what it holds.
  @SuppressWarnings("ReferenceEquality")
  private void fill(Frame frame, ByteBuf bytes) {
    int length = Math.min(bytes.readableBytes(), frame.missing());
    if (bytes != direct) {
      MemorySegment source = MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), length));
      frame.memory.asSlice(frame.filled, length).copyFrom(source);
    }
    bytes.skipBytes(length);
    frame.filled += length;
    if (frame.receive != null) {
      link.progressed(length);
    }
    finishIfFull(frame);
  }

  private void finishIfFull(Frame frame) {
    if (frame.missing() > 0) {
      return;
    }
    incoming = null;
    FrameHeader header = frame.header;
    if (FrameHeader.checksum(frame.memory.asByteBuffer()) != header.checksum()) {
      link.fail(
          ("sent bytes that were damaged on the way: tag %d, slot %d, bytes %d to %d do not have"
                  + " their checksum; check the network between the two hosts")
              .formatted(
                  header.tag(), header.slot(), header.offset(), header.offset() + header.length()));
    } else if (frame.receive == null) {
      link.control(header, frame.memory.toArray(ValueLayout.JAVA_BYTE));
    } else {
      Receive receive = Objects.requireNonNull(frame.receive);
      receive.placed(frame.memory);
      link.finished(receive, header.length());
    }
  }
}
