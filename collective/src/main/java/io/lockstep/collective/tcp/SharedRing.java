package io.lockstep.collective.tcp;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory that two ranks of one host share in one direction, cut into places of one piece each.
 *
 * <p>Only the bytes of pieces pass through it; their frames pass through the connection, which thus
 * keeps their order, shows who stands still and ends when a process ends. The file behind the
 * memory has its owner's rights only, and is deleted as soon as the peer has opened it. That the
 * peer finds the secret of the offer in a file of that name proves that both are on one host.
 */
final class SharedRing {

  private static final Logger LOG = LoggerFactory.getLogger(SharedRing.class);

  /** Pieces that may lie between the two; all of them fit the last-level cache. */
  static final int PLACES = 8;

  private static final Path FOLDER = Path.of("/dev/shm");
  private static final int SECRET_BYTES = 32;

  /** The secret lies in front of the places, which begin at a page. */
  private static final int HEAD_BYTES = 4096;

  private static final long BYTES = HEAD_BYTES + (long) PLACES * FrameHeader.PIECE_BYTES;
  private static final Pattern NAME = Pattern.compile("lockstep-[0-9a-f]{32}");
  private static final int NAME_RANDOM_BYTES = 16;
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** Nobody answers an offer as late as this. */
  private static final Duration STALE = Duration.ofMinutes(1);

  private final Path file;
  private final Arena arena;
  private final MemorySegment memory;

  private SharedRing(Path file, Arena arena, MemorySegment memory) {
    this.file = file;
    this.arena = arena;
    this.memory = memory;
  }

  /** Whether this system has a file system in memory. */
  static boolean isAvailable() {
    return Files.isDirectory(FOLDER) && Files.isWritable(FOLDER);
  }

  /**
   * Makes a ring that a peer can open.
   *
   * @throws IOException if there is no room for it
   */
  static SharedRing create() throws IOException {
    removeStale(FOLDER);
    SecureRandom random = new SecureRandom();
    byte[] name = new byte[NAME_RANDOM_BYTES];
    random.nextBytes(name);
    Path file = FOLDER.resolve("lockstep-" + HexFormat.of().formatHex(name));
    byte[] head = new byte[HEAD_BYTES];
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    System.arraycopy(secret, 0, head, 0, SECRET_BYTES);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            OWNER_ONLY)) {
      // Written, not only sized: a full file system is an error here and a crash at first use.
      write(channel, ByteBuffer.wrap(head));
      ByteBuffer zeros = ByteBuffer.allocate(FrameHeader.PIECE_BYTES);
      for (int place = 0; place < PLACES; place++) {
        write(channel, zeros.clear());
      }
      return map(file, channel);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Deletes what processes have left that were killed between an offer and its answer. Should the
   * answer be on its way yet, it will say that there is no such memory, and the connection serves.
   */
  static void removeStale(Path folder) throws IOException {
    FileTime oldest = FileTime.from(Instant.now().minus(STALE));
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "lockstep-*")) {
      for (Path each : files) {
        if (NAME.matcher(each.getFileName().toString()).matches()
            && Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)
            && Files.getLastModifiedTime(each).compareTo(oldest) < 0) {
          Files.deleteIfExists(each);
        }
      }
    } catch (NoSuchFileException | AccessDeniedException e) {
      // Another process has removed it in the meantime, or it belongs to another user.
      LOG.debug("stale shared memory stays: {}", e.toString());
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static SharedRing map(Path file, FileChannel channel) throws IOException {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES, arena);
      // Unscoped: the link closes the arena when nobody touches the memory any more.
      return new SharedRing(file, arena, Buffer.onHost(memory, Dtype.UINT8).lentBytes());
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** What the peer needs to open this ring. */
  byte[] offer() {
    byte[] secret = memory.asSlice(0, SECRET_BYTES).toArray(ValueLayout.JAVA_BYTE);
    String text = file.getFileName() + " " + HexFormat.of().formatHex(secret);
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Opens the ring of an offer.
   *
   * @return empty if it is not on this host
   * @throws IOException if it is, and cannot be opened
   */
  static Optional<SharedRing> open(byte[] offer) throws IOException {
    String[] parts = new String(offer, StandardCharsets.US_ASCII).split(" ", 2);
    if (parts.length != 2 || !NAME.matcher(parts[0]).matches()) {
      throw new IOException("an offer of shared memory that cannot be meant");
    }
    Path file = FOLDER.resolve(parts[0]);
    if (!Files.isRegularFile(file) || Files.size(file) != BYTES) {
      return Optional.empty();
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      SharedRing ring = map(file, channel);
      if (!MessageDigest.isEqual(ring.offer(), offer)) {
        ring.close();
        return Optional.empty();
      }
      return Optional.of(ring);
    }
  }

  /** The place of a piece. */
  MemorySegment place(long number, long length) {
    return memory.asSlice(HEAD_BYTES + number % PLACES * FrameHeader.PIECE_BYTES, length);
  }

  /** Takes the name away; the memory stays with those who have it open. */
  void unlink() throws IOException {
    Files.deleteIfExists(file);
  }

  /** Gives the memory back; nobody may touch it any more. */
  void close() {
    arena.close();
  }
}
