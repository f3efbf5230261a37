package io.lockstep.data.jsonl;

import io.lockstep.data.file.FileWrites;
import io.lockstep.data.file.Sha256;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A line index in a file of its own, memory-mapped: it takes no heap, and processes share its
 * pages.
 *
 * <p>A header of {@value #HEADER} bytes holds magic number, size and time of the file it is of, its
 * number of offsets, the length of its longest line, whether a line is blank, and the SHA-256 of
 * the file's first and last {@value #PROBED} bytes; the offsets follow, eight bytes each,
 * little-endian. It is written beside its place and renamed, by one process at a time: others that
 * want it wait for it, and what one that died left behind is written over by the next.
 */
final class StoredIndex implements Offsets {

  private static final long MAGIC = 0x31_58_44_49_4C_53_4CL;
  private static final int HEADER = 96;
  private static final int PROBED = 1 << 16;
  private static final int BUFFER = 1 << 18;
  private static final int DIGEST_AT = 48;
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Between threads; file locks are held by the whole process. */
  private static final Object BUILDING = new Object();

  private final MemorySegment index;
  private final Summary summary;

  /** What is known of all lines. */
  record Summary(long offsets, long longestLine, boolean holdsBlankLine) {}

  private StoredIndex(MemorySegment index, Summary summary) {
    this.index = index;
    this.summary = summary;
  }

  /**
   * The index of a file; it is built if there is none or the file has changed.
   *
   * @param bytes the file's content
   * @param arena what the index lives in
   */
  static StoredIndex of(
      Path file, FileStamp stamp, MemorySegment bytes, IndexCache cache, Arena arena)
      throws IOException {
    Files.createDirectories(cache.folder());
    byte[] digest = probe(bytes);
    Path place = cache.folder().resolve(name(file));
    Optional<StoredIndex> stored = read(place, stamp, digest, arena);
    if (stored.isPresent()) {
      return stored.get();
    }
    synchronized (BUILDING) {
      try (FileChannel lock =
              FileChannel.open(
                  place.resolveSibling(place.getFileName() + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          var _ = lock.lock()) {
        Optional<StoredIndex> others = read(place, stamp, digest, arena);
        if (others.isPresent()) {
          return others.get();
        }
        build(file, place, stamp, digest, bytes);
        return read(place, stamp, digest, arena)
            .orElseThrow(() -> new IOException(place + " is not what was written there"));
      }
    }
  }

  private static String name(Path file) throws IOException {
    byte[] path = file.toRealPath().toString().getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Arrays.copyOf(Sha256.begin().digest(path), 16)) + ".lines";
  }

  private static byte[] probe(MemorySegment bytes) {
    long size = bytes.byteSize();
    MessageDigest digest = Sha256.begin();
    long head = Math.min(PROBED, size);
    digest.update(bytes.asSlice(0, head).toArray(ValueLayout.JAVA_BYTE));
    long tail = Math.min(PROBED, size - head);
    return digest.digest(bytes.asSlice(size - tail, tail).toArray(ValueLayout.JAVA_BYTE));
  }

  /** The index in a place, if it is one of that file. */
  private static Optional<StoredIndex> read(Path place, FileStamp stamp, byte[] digest, Arena arena)
      throws IOException {
    if (!Files.isRegularFile(place)) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(place, StandardOpenOption.READ)) {
      if (channel.size() < HEADER) {
        return Optional.empty();
      }
      ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
      while (header.hasRemaining() && channel.read(header, header.position()) >= 0) {}
      header.flip();
      boolean fits =
          header.getLong() == MAGIC
              && header.getLong() == stamp.bytes()
              && header.getLong() == stamp.modifiedNanos();
      Summary summary = new Summary(header.getLong(), header.getLong(), header.getLong() != 0);
      byte[] probed = new byte[digest.length];
      header.get(DIGEST_AT, probed);
      if (!fits
          || !Arrays.equals(probed, digest)
          || channel.size() != HEADER + summary.offsets() * Long.BYTES) {
        return Optional.empty();
      }
      MemorySegment index =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena).asSlice(HEADER);
      return Optional.of(new StoredIndex(index, summary));
    }
  }

  private static void build(
      Path file, Path place, FileStamp stamp, byte[] digest, MemorySegment bytes)
      throws IOException {
    Path partial = place.resolveSibling(place.getFileName() + ".partial");
    try (ReadAhead ahead = ReadAhead.of(file);
        FileChannel channel =
            FileChannel.open(
                partial,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      channel.position(HEADER);
      Writer writer = new Writer(channel, bytes, ahead);
      LineScan.run(bytes, writer);
      writer.flush();
      ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
      header
          .putLong(MAGIC)
          .putLong(stamp.bytes())
          .putLong(stamp.modifiedNanos())
          .putLong(writer.offsets)
          .putLong(writer.longest)
          .putLong(writer.blank ? 1 : 0)
          .put(digest)
          .clear();
      channel.position(0);
      write(channel, header);
      channel.force(true);
    } catch (IOException e) {
      throw FileWrites.failure(partial, e);
    }
    Files.move(partial, place, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void write(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      var _ = channel.write(buffer);
    }
  }

  /** Writes offsets as they are found and looks at the lines between them. */
  private static final class Writer implements LineScan.Sink {
    private final FileChannel channel;
    private final MemorySegment bytes;
    private final ReadAhead ahead;
    private final ByteBuffer buffer =
        ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    private long offsets;
    private long last;
    private long longest;
    private boolean blank;

    Writer(FileChannel channel, MemorySegment bytes, ReadAhead ahead) {
      this.channel = channel;
      this.bytes = bytes;
      this.ahead = ahead;
    }

    @Override
    public void add(long offset) throws IOException {
      ahead.at(offset);
      if (offsets > 0) {
        longest = Math.max(longest, offset - 1 - last);
        blank |= JsonlFile.isBlank(bytes, last, offset - 1);
      }
      last = offset;
      offsets++;
      if (!buffer.hasRemaining()) {
        flush();
      }
      buffer.putLong(offset);
    }

    void flush() throws IOException {
      buffer.flip();
      write(channel, buffer);
      buffer.clear();
    }
  }

  Summary summary() {
    return summary;
  }

  @Override
  public long get(long at) {
    return index.get(LONG, at * Long.BYTES);
  }

  @Override
  public long size() {
    return summary.offsets();
  }
}
