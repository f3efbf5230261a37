package io.lockstep.data.jsonl;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A JSONL file, memory-mapped, with random access to its lines.
 *
 * <p>Opening scans the file once and keeps eight bytes per line; the contents stay in the page
 * cache. Files may exceed 2 GB. Any number of threads may read. Line i (from 0) of this class is
 * line i + 1 of the file: blank lines inside a file are errors, a newline at its end is not.
 */
public final class JsonlFile implements AutoCloseable {

  /** The longest permitted line, in bytes. */
  public static final int MAX_LINE_BYTES = 16 << 20;

  private static final int BLOCK = 1 << 16;

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;
  private final LineIndex starts;

  private JsonlFile(Path path, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes;
    this.starts = index(bytes);
  }

  /**
   * Opens a file whose every line is to be usable.
   *
   * @throws DataException if the file is missing or unreadable, or at its first blank or over-long
   *     line
   */
  public static JsonlFile open(Path path) {
    JsonlFile file = openToCheck(path);
    try {
      for (long i = 0; i < file.size(); i++) {
        file.checkLength(i);
        file.checkNotBlank(i);
      }
      return file;
    } catch (DataException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Opens a file of which bad lines are expected: {@link #line} throws for each of them.
   *
   * @throws DataException if the file is missing or unreadable
   */
  public static JsonlFile openToCheck(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          new Problem(path, 0, "", "no such file; give the path of a JSONL file"));
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new JsonlFile(path, arena, bytes);
    } catch (IOException e) {
      arena.close();
      throw new DataException(new Problem(path, 0, "", "cannot be read: " + e.getMessage()), e);
    }
  }

  /** The file's path as it was given. */
  public Path path() {
    return path;
  }

  /** How many lines there are. */
  public long size() {
    return starts.size() - 1;
  }

  /**
   * The text of a line without its line end.
   *
   * @param index from 0
   * @throws DataException if the line is blank, too long or not valid UTF-8
   */
  public String line(long index) {
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException(
          path + " has " + size() + " lines; there is no line with index " + index);
    }
    checkLength(index);
    checkNotBlank(index);
    byte[] line = bytes.asSlice(starts.get(index), length(index)).toArray(ValueLayout.JAVA_BYTE);
    if (index == 0 && startsWithByteOrderMark(line)) {
      throw problem(index, "starts with a byte order mark; save the file as UTF-8 without one");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(line))
          .toString();
    } catch (CharacterCodingException e) {
      throw new DataException(
          new Problem(path, index + 1, "", "is not valid UTF-8; save the file as UTF-8"), e);
    }
  }

  /** Unmaps the file; lines that were read stay valid. */
  @Override
  public void close() {
    arena.close();
  }

  /** Offsets of all line starts, then one past the last line's end as if it had a newline. */
  private static LineIndex index(MemorySegment bytes) {
    LineIndex starts = new LineIndex();
    starts.add(0);
    long size = bytes.byteSize();
    long blocks = size - size % BLOCK;
    for (long block = 0; block < blocks; block += BLOCK) {
      indexBlock(bytes, block, starts);
    }
    indexBytes(bytes, blocks, size, starts);
    boolean endsWithoutNewline = size > 0 && bytes.get(ValueLayout.JAVA_BYTE, size - 1) != '\n';
    if (endsWithoutNewline) {
      starts.add(size + 1);
    }
    return starts;
  }

  /** A method of its own, called often, so that the just-in-time compiler gets to it at once. */
  private static void indexBlock(MemorySegment bytes, long block, LineIndex starts) {
    for (int i = 0; i < BLOCK; i += Long.BYTES) {
      if (mayHoldNewline(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, block + i))) {
        indexBytes(bytes, block + i, block + i + Long.BYTES, starts);
      }
    }
  }

  private static void indexBytes(MemorySegment bytes, long from, long to, LineIndex starts) {
    for (long i = from; i < to; i++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, i) == '\n') {
        starts.add(i + 1);
      }
    }
  }

  /** Whether one of eight bytes is a newline: a byte is zero where it borrows in a subtraction. */
  private static boolean mayHoldNewline(long word) {
    long zeroAtNewline = word ^ 0x0A0A0A0A0A0A0A0AL;
    return ((zeroAtNewline - 0x0101010101010101L) & ~zeroAtNewline & 0x8080808080808080L) != 0;
  }

  private long length(long index) {
    return starts.get(index + 1) - 1 - starts.get(index);
  }

  private void checkLength(long index) {
    if (length(index) > MAX_LINE_BYTES) {
      throw problem(
          index,
          "has "
              + length(index)
              + " bytes, more than the permitted "
              + MAX_LINE_BYTES
              + "; is the file one record per line?");
    }
  }

  private void checkNotBlank(long index) {
    long end = starts.get(index) + length(index);
    for (long i = starts.get(index); i < end; i++) {
      if (!isBlank(bytes.get(ValueLayout.JAVA_BYTE, i))) {
        return;
      }
    }
    throw problem(index, "is blank; remove the line");
  }

  private static boolean isBlank(byte value) {
    return value == ' ' || value == '\t' || value == '\r';
  }

  private static boolean startsWithByteOrderMark(byte[] line) {
    return line.length >= BYTE_ORDER_MARK.length
        && Arrays.equals(line, 0, 3, BYTE_ORDER_MARK, 0, 3);
  }

  private DataException problem(long index, String what) {
    return new DataException(new Problem(path, index + 1, "", what));
  }
}
