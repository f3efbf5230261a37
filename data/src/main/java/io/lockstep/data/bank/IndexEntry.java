package io.lockstep.data.bank;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One line of an index: what publishes a piece.
 *
 * <p>64 bytes, so that no entry lies on two memory pages: name (32), offset of the piece's bytes
 * (8), their number (4) and CRC32C (4), milliseconds of its writing (8), a mark (4), CRC32C of the
 * 60 bytes before (4); big-endian.
 */
record IndexEntry(PatchKey key, long offset, int length, int crc, long writtenMillis) {

  static final int BYTES = 64;

  /** "LPB1". */
  private static final int MARK = 0x4C504231;

  /** The CRC32C of bytes. */
  static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  byte[] encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    key.write(bytes);
    bytes.putLong(offset).putInt(length).putInt(crc).putLong(writtenMillis).putInt(MARK);
    CRC32C own = new CRC32C();
    own.update(bytes.array(), 0, bytes.position());
    return bytes.putInt((int) own.getValue()).array();
  }

  /** The entry in {@value #BYTES} bytes; empty if they are none. */
  static Optional<IndexEntry> decode(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    IndexEntry entry =
        new IndexEntry(
            PatchKey.read(from), from.getLong(), from.getInt(), from.getInt(), from.getLong());
    int mark = from.getInt();
    CRC32C own = new CRC32C();
    own.update(bytes, 0, from.position());
    boolean good =
        mark == MARK
            && from.getInt() == (int) own.getValue()
            && entry.offset >= 0
            && entry.length > 0;
    return good ? Optional.of(entry) : Optional.empty();
  }

  /** Where the piece's bytes end. */
  long end() {
    return offset + length;
  }
}
