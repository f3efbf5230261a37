package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What precedes the raw bytes of a frame, big-endian, with a checksum of its own at the end.
 *
 * @param slot of the message that a piece belongs to; of control frames a number of their own
 * @param length bytes that follow, or that lie in shared memory
 * @param generation membership of the sender
 * @param sequence how many exchanges the two ranks have had, this one included; 0 in control frames
 * @param tag names the exchange
 * @param offset where in its message the piece begins
 * @param total length of the message
 * @param checksum of the bytes that follow
 */
record FrameHeader(
    Kind kind,
    int slot,
    int length,
    long generation,
    long sequence,
    long tag,
    long offset,
    long total,
    int checksum) {

  /** What the bytes of a frame are. */
  enum Kind {
    /** A piece of a transfer's memory. */
    DATA(1, PIECE_BYTES),
    /** A piece that lies in the next place of the sender's shared memory; no bytes follow. */
    SHARED(2, PIECE_BYTES),
    /** The sender has read {@code slot} more pieces of the receiver's shared memory. */
    CREDIT(3, 0),
    /** Where the sender's shared memory is; see {@link SharedRing#offer}. */
    OFFER(4, 256),
    /** Whether the sender has opened the shared memory: {@code slot} 1, or not: 0. */
    ANSWER(5, 0),
    /** Why the sender aborts, UTF-8. */
    ABORT(6, MAX_ABORT_BYTES);

    private final int code;
    private final int maxLength;

    Kind(int code, int maxLength) {
      this.code = code;
      this.maxLength = maxLength;
    }

    private static Kind of(int code) throws ProtocolException {
      for (Kind kind : values()) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new ProtocolException("a frame of unknown kind " + code);
    }
  }

  static final int BYTES = 5 * Integer.BYTES + 5 * Long.BYTES + Integer.BYTES;

  /**
   * Length of every piece of a message but the last. Small enough to be in the cache still when it
   * is checked and added, large enough that a frame's own cost does not show.
   */
  static final int PIECE_BYTES = 256 << 10;

  static final int MAX_ABORT_BYTES = 4096;
  private static final int MAGIC = 0x4c535447;

  /** Whether it carries part of a message. */
  boolean isPiece() {
    return kind == Kind.DATA || kind == Kind.SHARED;
  }

  /** A frame that is no piece. */
  static FrameHeader control(Kind kind, int number, long generation, int length, int checksum) {
    return new FrameHeader(kind, number, length, generation, 0, 0, 0, 0, checksum);
  }

  /**
   * Reads one.
   *
   * @throws ProtocolException saying what the bytes are instead, as the object of "sent"
   */
  static FrameHeader read(ByteBuf in) throws ProtocolException {
    int expected = checksum(in.nioBuffer(in.readerIndex(), BYTES - Integer.BYTES));
    int magic = in.readInt();
    int kind = in.readInt();
    int slot = in.readInt();
    int length = in.readInt();
    long generation = in.readLong();
    long sequence = in.readLong();
    long tag = in.readLong();
    long offset = in.readLong();
    long total = in.readLong();
    int checksum = in.readInt();
    if (in.readInt() != expected) {
      throw new ProtocolException(
          magic == MAGIC
              ? "a frame header that was damaged on the way: its checksum is wrong"
              : "bytes that are no frame of this protocol, or were damaged on the way");
    }
    Kind known = Kind.of(kind);
    if (magic != MAGIC || length < 0 || length > known.maxLength || offset < 0 || total < 0) {
      throw new ProtocolException(
          "a frame that cannot be meant: %s of %d bytes at %d of %d"
              .formatted(known, length, offset, total));
    }
    return new FrameHeader(known, slot, length, generation, sequence, tag, offset, total, checksum);
  }

  void write(ByteBuf out) {
    int begin = out.writerIndex();
    out.writeInt(MAGIC).writeInt(kind.code).writeInt(slot).writeInt(length);
    out.writeLong(generation).writeLong(sequence).writeLong(tag);
    out.writeLong(offset).writeLong(total).writeInt(checksum);
    out.writeInt(checksum(out.nioBuffer(begin, BYTES - Integer.BYTES)));
  }

  /**
   * CRC-32C (Castagnoli) of what crosses a network. TCP's own 16-bit sum lets one damaged segment
   * in 65,536 through, and a flipped bit in a gradient is never seen again.
   */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
