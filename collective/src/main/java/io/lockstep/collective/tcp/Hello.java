package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * First message of a connection, from the rank that dials: magic, protocol version, then these
 * fields, all big-endian.
 *
 * @param fromRank the dialling rank, always the higher one
 * @param toRank the rank that the dialler believes it reaches
 */
record Hello(
    int version, long generation, int fromRank, int toRank, int worldSize, RunToken token) {

  static final int MAGIC = 0x4c535448;
  static final int VERSION = 2;
  static final int BYTES = 5 * Integer.BYTES + Long.BYTES + RunToken.BYTES;

  /** Reads one, or returns null if the bytes are not from this protocol. */
  static @Nullable Hello read(ByteBuf in) {
    if (in.readInt() != MAGIC) {
      return null;
    }
    return new Hello(
        in.readInt(), in.readLong(), in.readInt(), in.readInt(), in.readInt(), RunToken.read(in));
  }

  void write(ByteBuf out) {
    out.writeInt(MAGIC).writeInt(version).writeLong(generation);
    out.writeInt(fromRank).writeInt(toRank).writeInt(worldSize);
    token.write(out);
  }
}
