package io.lockstep.data.image;

import java.nio.ByteBuffer;

/** The bytes of a picture with checked access: reading past the end says that it is cut off. */
final class Encoded {
  private final String name;
  private final ByteBuffer bytes;

  /** Bytes 0 to the limit of a buffer in the default, big-endian order. */
  Encoded(String name, ByteBuffer bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  int size() {
    return bytes.limit();
  }

  UnreadableImageException error(String problem) {
    return new UnreadableImageException(name, problem);
  }

  UnreadableImageException cutOff() {
    return error("is cut off after %d bytes; copy or download it again".formatted(size()));
  }

  void require(long begin, long count) throws UnreadableImageException {
    if (begin < 0 || count < 0 || begin + count > size()) {
      throw cutOff();
    }
  }

  int u8(int at) throws UnreadableImageException {
    require(at, 1);
    return bytes.get(at) & 0xFF;
  }

  int u16(int at) throws UnreadableImageException {
    require(at, 2);
    return bytes.getShort(at) & 0xFFFF;
  }

  /** A big-endian number of 32 bits, at most 2^31 - 1. */
  int size32(int at) throws UnreadableImageException {
    require(at, 4);
    int value = bytes.getInt(at);
    if (value < 0) {
      throw error(
          "is damaged: a size of %s bytes or pixels".formatted(Integer.toUnsignedString(value)));
    }
    return value;
  }

  int u32(int at) throws UnreadableImageException {
    require(at, 4);
    return bytes.getInt(at);
  }

  /** A little-endian number of so many bits, a multiple of 8 up to 32. */
  long little(int at, int bits) throws UnreadableImageException {
    require(at, bits / Byte.SIZE);
    long value = 0;
    for (int shift = 0; shift < bits; shift += Byte.SIZE) {
      value |= (bytes.get(at + shift / Byte.SIZE) & 0xFFL) << shift;
    }
    return value;
  }

  boolean startsWith(int at, byte[] prefix) {
    if (at + prefix.length > size()) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (bytes.get(at + i) != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** A view, not a copy. */
  ByteBuffer slice(int at, int count) throws UnreadableImageException {
    require(at, count);
    return bytes.slice(at, count);
  }

  byte[] copy(int at, int count) throws UnreadableImageException {
    byte[] copy = new byte[count];
    slice(at, count).get(copy);
    return copy;
  }
}
