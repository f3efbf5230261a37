package io.lockstep.data.bank;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A folder of pieces that all threads of all processes of a machine share.
 *
 * <p>A piece is published by one entry of 64 bytes, written after the piece itself, so that readers
 * see all of it or nothing, whenever its writer dies. Writers take turns by a lock that the system
 * takes from the dead; readers never wait. A piece is handed out only if its checksum is right.
 * When the folder is full, the oldest segment goes, an eighth of it (1 GiB at most), so that which
 * pieces are there follows from the order in which they were written. Nothing that a bank holds or
 * doesn't hold changes what a sample looks like: it may be deleted at any time between two calls.
 *
 * <p>Any number of threads may use one, and any number may be open on a folder.
 */
public final class PatchBank {

  /** The least room a bank can do with. */
  public static final long MIN_BYTES = 1L << 16;

  private static final int SEGMENTS = 8;

  /** Keeps offsets into an index far within what one read can take. */
  private static final long MAX_SEGMENT_BYTES = 1L << 30;

  private final Path folder;
  private final BankIndex.Limits limits;

  /** Guarded by this object. */
  private final BankIndex index;

  private PatchBank(Path folder, long maxBytes) {
    this.folder = folder;
    this.limits =
        new BankIndex.Limits(
            maxBytes - RoomFile.MOST_BYTES, Math.min(maxBytes / SEGMENTS, MAX_SEGMENT_BYTES));
    this.index = new BankIndex(folder);
  }

  /** What became of a piece that was offered. */
  public enum Offer {
    /** It is there now. */
    ADDED,
    /** It was there before. */
    PRESENT,
    /** It would take more than a segment, an eighth of the bank. */
    TOO_LARGE
  }

  /**
   * Opens a bank, whose folder is made if it isn't there. One that takes more than it may loses its
   * oldest pieces.
   *
   * @param maxBytes most bytes it takes on disk, at least {@link #MIN_BYTES}
   */
  public static PatchBank open(Path folder, long maxBytes) throws IOException {
    if (maxBytes < MIN_BYTES) {
      throw new IllegalArgumentException(
          "a patch bank of %d bytes is too small: give it at least %d"
              .formatted(maxBytes, MIN_BYTES));
    }
    Files.createDirectories(folder);
    PatchBank bank = new PatchBank(folder, maxBytes);
    return FolderLock.of(folder)
        .hold(() -> {
          bank.begin();
          RoomFile.write(folder, maxBytes);
          return bank;
        });
  }

  private synchronized void begin() throws IOException {
    index.refresh();
    index.makeRoom(0, limits.maxBytes());
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /** How many pieces are known to be there. */
  public synchronized int size() {
    return index.size();
  }

  /** Whether a piece is there. */
  public boolean contains(PatchKey key) throws IOException {
    return find(key).isPresent();
  }

  /**
   * A piece.
   *
   * @return empty if it isn't there, or not any more
   * @throws DamagedPatchException once, if it is there but not as it was written; afterwards it
   *     counts as not there
   */
  public Optional<Patch> get(PatchKey key) throws IOException {
    Optional<BankIndex.Place> place = find(key);
    if (place.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(place.get().segment().patch(place.get().entry()));
    } catch (NoSuchFileException e) {
      forget(key, place.get());
      return Optional.empty();
    } catch (DamagedPatchException e) {
      forget(key, place.get());
      throw e;
    }
  }

  private synchronized void forget(PatchKey key, BankIndex.Place place) {
    index.forget(key, place);
  }

  private synchronized Optional<BankIndex.Place> find(PatchKey key) throws IOException {
    BankIndex.Place known = index.find(key);
    if (known == null) {
      index.refresh();
      known = index.find(key);
    }
    return Optional.ofNullable(known);
  }

  /** Adds a piece unless it is there. */
  public Offer put(PatchKey key, Patch patch) throws IOException {
    if (contains(key)) {
      return Offer.PRESENT;
    }
    byte[] content = PatchCodec.encode(patch);
    if (content.length + (long) IndexEntry.BYTES > limits.segmentBytes()) {
      return Offer.TOO_LARGE;
    }
    Files.createDirectories(folder);
    return FolderLock.of(folder).hold(() -> append(key, content));
  }

  private synchronized Offer append(PatchKey key, byte[] content) throws IOException {
    index.refresh();
    if (index.find(key) != null) {
      return Offer.PRESENT;
    }
    int unique = ThreadLocalRandom.current().nextInt();
    index.append(key, content, limits, unique, System.currentTimeMillis());
    return Offer.ADDED;
  }
}
