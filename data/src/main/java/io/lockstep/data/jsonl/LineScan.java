package io.lockstep.data.jsonl;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Finds the lines of a file, eight bytes at a time. */
final class LineScan {

  private static final int BLOCK = 1 << 16;

  private final MemorySegment bytes;
  private final Sink sink;

  private LineScan(MemorySegment bytes, Sink sink) {
    this.bytes = bytes;
    this.sink = sink;
  }

  /** Gets the offsets in order. */
  interface Sink {
    void add(long offset) throws IOException;
  }

  /** Hands over where each line starts, then one past the last line's end. */
  static void run(MemorySegment bytes, Sink sink) throws IOException {
    new LineScan(bytes, sink).run();
  }

  private void run() throws IOException {
    sink.add(0);
    long size = bytes.byteSize();
    long blocks = size - size % BLOCK;
    for (long block = 0; block < blocks; block += BLOCK) {
      block(block);
    }
    bytes(blocks, size);
    boolean endsWithoutNewline = size > 0 && bytes.get(ValueLayout.JAVA_BYTE, size - 1) != '\n';
    if (endsWithoutNewline) {
      sink.add(size + 1);
    }
  }

  /** A method of its own, called often, so that the just-in-time compiler gets to it at once. */
  private void block(long block) throws IOException {
    for (int i = 0; i < BLOCK; i += Long.BYTES) {
      if (mayHoldNewline(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, block + i))) {
        bytes(block + i, block + i + Long.BYTES);
      }
    }
  }

  private void bytes(long from, long to) throws IOException {
    for (long i = from; i < to; i++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, i) == '\n') {
        sink.add(i + 1);
      }
    }
  }

  /** Whether one of eight bytes is a newline: a byte is zero where it borrows in a subtraction. */
  private static boolean mayHoldNewline(long word) {
    long zeroAtNewline = word ^ 0x0A0A0A0A0A0A0A0AL;
    return ((zeroAtNewline - 0x0101010101010101L) & ~zeroAtNewline & 0x8080808080808080L) != 0;
  }
}
