package io.lockstep.data.bank;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Two files of a bank: one of pieces, back to back, and one of the entries that publish them.
 *
 * <p>Both only grow. The bytes of a piece are there before its entry is; what a writer that died
 * left behind the last whole entry, and behind the piece that it names, counts as not written.
 *
 * @param number orders the segments of a bank by age
 * @param name of the files without their ends; never used twice, not even in a folder that was
 *     emptied
 */
record Segment(Path folder, long number, String name) implements Comparable<Segment> {

  private static final String INDEX = ".index";
  private static final String DATA = ".data";
  private static final Pattern NAME = Pattern.compile("([0-9]{10})-[0-9a-f]{8}");

  /**
   * Entries of an index from one of them on.
   *
   * @param entries those that are whole
   * @param next where to go on reading: behind the last entry that is sure
   * @param damaged places of entries that aren't what was written, in bytes
   * @param unfinished bytes behind the last entry
   */
  record Entries(List<IndexEntry> entries, long next, List<Long> damaged, long unfinished) {}

  static Segment create(Path folder, long number, int unique) throws IOException {
    String name = String.format(Locale.ROOT, "%010d-%08x", number, unique);
    Segment segment = new Segment(folder, number, name);
    Files.createFile(segment.data());
    Files.createFile(segment.index());
    return segment;
  }

  /** The segments of a folder, oldest first; none if there is no folder. */
  static List<Segment> of(Path folder) throws IOException {
    return named(folder, INDEX);
  }

  /** What is left of segments that were being removed or made. */
  static List<Segment> remains(Path folder) throws IOException {
    List<Segment> remains = new ArrayList<>(named(folder, DATA));
    remains.removeAll(of(folder));
    return remains;
  }

  private static List<Segment> named(Path folder, String end) throws IOException {
    List<Segment> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(end)) {
          String stem = name.substring(0, name.length() - end.length());
          Matcher matcher = NAME.matcher(stem);
          if (matcher.matches()) {
            found.add(new Segment(folder, Long.parseLong(matcher.group(1)), stem));
          }
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    }
    found.sort(null);
    return found;
  }

  Path index() {
    return folder.resolve(name + INDEX);
  }

  Path data() {
    return folder.resolve(name + DATA);
  }

  /**
   * Reads the index from a place on.
   *
   * @throws NoSuchFileException if the segment was removed
   */
  Entries entries(long from) throws IOException {
    ByteBuffer bytes;
    try (FileChannel channel = FileChannel.open(index(), StandardOpenOption.READ)) {
      bytes = ByteBuffer.allocate(Math.toIntExact(Math.max(0, channel.size() - from)));
      read(channel, bytes, from);
    }
    int whole = bytes.position() / IndexEntry.BYTES;
    List<IndexEntry> entries = new ArrayList<>();
    List<Long> damaged = new ArrayList<>();
    List<Long> doubtful = new ArrayList<>();
    byte[] one = new byte[IndexEntry.BYTES];
    long next = from;
    for (int i = 0; i < whole; i++) {
      bytes.get(i * IndexEntry.BYTES, one);
      long place = from + (long) i * IndexEntry.BYTES;
      Optional<IndexEntry> entry = IndexEntry.decode(one);
      if (entry.isEmpty()) {
        doubtful.add(place);
        continue;
      }
      // Nobody writes behind an entry that isn't whole: these once were.
      damaged.addAll(doubtful);
      doubtful.clear();
      entries.add(entry.get());
      next = place + IndexEntry.BYTES;
    }
    return new Entries(entries, next, damaged, from + bytes.position() - next);
  }

  private static void read(FileChannel channel, ByteBuffer into, long from) throws IOException {
    int count = 0;
    while (into.hasRemaining() && count >= 0) {
      count = channel.read(into, from + into.position());
    }
  }

  /**
   * The bytes of a piece.
   *
   * @throws NoSuchFileException if the segment was removed
   * @throws DamagedPatchException if they aren't those that were written
   */
  byte[] read(IndexEntry entry) throws IOException {
    ByteBuffer bytes;
    try (FileChannel channel = FileChannel.open(data(), StandardOpenOption.READ)) {
      if (entry.end() > channel.size()) {
        throw damaged(entry, "ends behind the file's %d bytes".formatted(channel.size()), null);
      }
      bytes = ByteBuffer.allocate(entry.length());
      read(channel, bytes, entry.offset());
    }
    int found = IndexEntry.checksum(bytes.array());
    if (found != entry.crc()) {
      throw damaged(entry, "has the checksum %08x, not %08x".formatted(found, entry.crc()), null);
    }
    return bytes.array();
  }

  /** The piece that an entry names. */
  Patch patch(IndexEntry entry) throws IOException {
    byte[] bytes = read(entry);
    try {
      return PatchCodec.decode(ByteBuffer.wrap(bytes));
    } catch (DamagedPatchException e) {
      throw damaged(entry, String.valueOf(e.getMessage()), e);
    }
  }

  private DamagedPatchException damaged(IndexEntry entry, String what, @Nullable Throwable cause) {
    String message =
        "%s: the patch of %d bytes at %d %s; delete the folder, it is filled again"
            .formatted(data(), entry.length(), entry.offset(), what);
    return cause == null
        ? new DamagedPatchException(message)
        : new DamagedPatchException(message, cause);
  }

  /**
   * Writes a piece and then publishes it. Only for who has the folder's lock.
   *
   * @param offset behind all pieces that are published
   * @param indexEnd behind all entries that are whole
   */
  void append(PatchKey key, byte[] content, long offset, long indexEnd, long nowMillis)
      throws IOException {
    put(data(), content, offset);
    IndexEntry entry =
        new IndexEntry(key, offset, content.length, IndexEntry.checksum(content), nowMillis);
    put(index(), entry.encode(), indexEnd);
  }

  /** Cuts off what was never published. Only for who has the folder's lock. */
  void cut(long dataEnd, long indexEnd) throws IOException {
    put(data(), new byte[0], dataEnd);
    put(index(), new byte[0], indexEnd);
  }

  /** Writes at a place and cuts off what lay there and behind, which was never published. */
  private static void put(Path file, byte[] content, long at) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      if (channel.size() > at) {
        channel.truncate(at);
      }
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes, at + bytes.position());
      }
    } catch (IOException e) {
      throw FileWrites.failure(file, e);
    }
  }

  /** Takes the pieces away from readers, then their bytes from the disk. */
  void delete() throws IOException {
    Files.deleteIfExists(index());
    Files.deleteIfExists(data());
  }

  @Override
  public int compareTo(Segment other) {
    int byNumber = Long.compare(number, other.number);
    return byNumber != 0 ? byNumber : name.compareTo(other.name);
  }
}
