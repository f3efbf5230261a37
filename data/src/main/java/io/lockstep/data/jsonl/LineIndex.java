package io.lockstep.data.jsonl;

import java.util.Arrays;

/** Grows to any number of offsets, eight bytes each, without ever copying them all. */
final class LineIndex implements Offsets {

  private static final int CHUNK_BITS = 16;
  private static final int CHUNK = 1 << CHUNK_BITS;

  private long[][] chunks = new long[1][];
  private long size;

  void add(long offset) {
    int chunk = Math.toIntExact(size >>> CHUNK_BITS);
    if (chunk == chunks.length) {
      chunks = Arrays.copyOf(chunks, chunk * 2);
    }
    int inChunk = (int) (size & (CHUNK - 1));
    if (inChunk == 0) {
      chunks[chunk] = new long[CHUNK];
    }
    chunks[chunk][inChunk] = offset;
    size++;
  }

  @Override
  public long get(long index) {
    return chunks[(int) (index >>> CHUNK_BITS)][(int) (index & (CHUNK - 1))];
  }

  @Override
  public long size() {
    return size;
  }
}
