package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What precedes the raw bytes of a message: magic, kind, slot, generation, tag, length; big-endian.
 *
 * @param length bytes that follow
 */
record FrameHeader(Kind kind, int slot, long generation, long tag, long length) {

  /** What the bytes of a message are. */
  enum Kind {
    /** Memory of a transfer. */
    DATA(1),
    /** Why the sender aborts, UTF-8. */
    ABORT(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    private static @Nullable Kind of(int code) {
      return code == DATA.code ? DATA : code == ABORT.code ? ABORT : null;
    }
  }

  static final int BYTES = 3 * Integer.BYTES + 3 * Long.BYTES;
  static final int MAX_ABORT_BYTES = 4096;
  private static final int MAGIC = 0x4c535446;

  /** Reads one, or returns null if the bytes are no header. */
  static @Nullable FrameHeader read(ByteBuf in) {
    int magic = in.readInt();
    @Nullable Kind kind = Kind.of(in.readInt());
    int slot = in.readInt();
    long generation = in.readLong();
    long tag = in.readLong();
    long length = in.readLong();
    if (magic != MAGIC || kind == null || length < 0) {
      return null;
    }
    if (kind == Kind.ABORT && length > MAX_ABORT_BYTES) {
      return null;
    }
    return new FrameHeader(kind, slot, generation, tag, length);
  }

  void write(ByteBuf out) {
    out.writeInt(MAGIC).writeInt(kind.code).writeInt(slot);
    out.writeLong(generation).writeLong(tag).writeLong(length);
  }
}
