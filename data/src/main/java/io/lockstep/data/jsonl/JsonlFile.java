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

/**
 * A JSONL file, memory-mapped, with random access to its lines.
 *
 * <p>Opening scans the file once and keeps eight bytes per line, those of a large file in an {@link
 * IndexCache}; the contents stay in the page cache. A file that changes while it is open is an
 * error at the next line that is read. Files may exceed 2 GB. Any number of threads may read. Line
 * i (from 0) of this class is line i + 1 of the file: blank lines inside a file are errors, a
 * newline at its end is not.
 */
public final class JsonlFile implements AutoCloseable {

  /** The longest permitted line, in bytes. */
  public static final int MAX_LINE_BYTES = 16 << 20;

  private static final String CHANGED =
      "the file has changed since it was opened: put the former one back and go on with the run, or"
          + " start anew with this one";

  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;
  private final FileStamp stamp;
  private final Offsets starts;

  private JsonlFile(Path path, Arena arena, MemorySegment bytes, FileStamp stamp, Offsets starts) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes;
    this.stamp = stamp;
    this.starts = starts;
  }

  /**
   * Opens a file whose every line is to be usable.
   *
   * @throws DataException if the file is missing or unreadable, or at its first blank or over-long
   *     line
   */
  public static JsonlFile open(Path path) {
    return open(path, IndexCache.ofMachine());
  }

  /** The same with another place for the index of a large file. */
  public static JsonlFile open(Path path, IndexCache cache) {
    JsonlFile file = openToCheck(path, cache);
    if (file.starts instanceof StoredIndex stored && isSound(stored.summary())) {
      return file;
    }
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
    return openToCheck(path, IndexCache.ofMachine());
  }

  private static boolean isSound(StoredIndex.Summary lines) {
    return lines.longestLine() <= MAX_LINE_BYTES && !lines.holdsBlankLine();
  }

  private static JsonlFile openToCheck(Path path, IndexCache cache) {
    if (!Files.isRegularFile(path)) {
      throw new DataException(
          new Problem(path, 0, "", "no such file; give the path of a JSONL file"));
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      FileStamp stamp = FileStamp.of(path);
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, stamp.bytes(), arena);
      Offsets starts = index(path, stamp, bytes, cache, arena);
      return new JsonlFile(path, arena, bytes, stamp, starts);
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
   * The text of a line without its line end, and without a byte order mark at its beginning:
   * Windows editors write one, and files that were put together have one in the middle.
   *
   * @param index from 0
   * @throws DataException if the line is blank, too long or not valid UTF-8
   */
  public String line(long index) {
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException(
          path + " has " + size() + " lines; there is no line with index " + index);
    }
    requireUnchanged(index);
    checkLength(index);
    checkNotBlank(index);
    byte[] line = read(index);
    try {
      return withoutByteOrderMark(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(line))
              .toString());
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

  /** The index of a large file is kept for the next time and for other processes. */
  private static Offsets index(
      Path path, FileStamp stamp, MemorySegment bytes, IndexCache cache, Arena arena)
      throws IOException {
    if (stamp.bytes() >= cache.fromBytes()) {
      try {
        return StoredIndex.of(path, stamp, bytes, cache, arena);
      } catch (IOException e) {
        throw new IOException(
            "its index can't be kept in "
                + cache.folder()
                + " ("
                + e
                + "): set LOCKSTEP_CACHE_DIR to a folder that can be written",
            e);
      }
    }
    LineIndex starts = new LineIndex();
    LineScan.run(bytes, starts::add);
    return starts;
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
    long start = starts.get(index);
    if (isBlank(bytes, start, start + length(index))) {
      throw problem(index, "is blank; remove the line");
    }
  }

  private byte[] read(long index) {
    try {
      return bytes.asSlice(starts.get(index), length(index)).toArray(ValueLayout.JAVA_BYTE);
    } catch (InternalError e) {
      // How Java reports pages that are gone because the file was cut meanwhile.
      throw new ChangedFileException(new Problem(path, index + 1, "", CHANGED), e);
    }
  }

  /** Lines of a file that was written to would not be the ones that the index knows. */
  private void requireUnchanged(long index) {
    FileStamp now;
    try {
      now = FileStamp.of(path);
    } catch (IOException e) {
      throw new ChangedFileException(
          new Problem(path, index + 1, "", "can't be read any more: " + e), e);
    }
    if (!now.equals(stamp)) {
      String sizes = " (%d bytes then, %d now)".formatted(stamp.bytes(), now.bytes());
      throw new ChangedFileException(new Problem(path, index + 1, "", CHANGED + sizes), null);
    }
  }

  /** Whether there is nothing but blanks from one offset to another. */
  static boolean isBlank(MemorySegment bytes, long from, long to) {
    for (long i = from; i < to; i++) {
      if (!isBlank(bytes.get(ValueLayout.JAVA_BYTE, i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isBlank(byte value) {
    return value == ' ' || value == '\t' || value == '\r';
  }

  private static String withoutByteOrderMark(String line) {
    return line.startsWith("\uFEFF") ? line.substring(1) : line;
  }

  private DataException problem(long index, String what) {
    return new DataException(new Problem(path, index + 1, "", what));
  }
}
