package io.lockstep.data.bank;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a process knows of the pieces of a folder. For one thread at a time. */
final class BankIndex {

  private static final Logger LOG = LoggerFactory.getLogger(BankIndex.class);

  private final Path folder;
  private final TreeMap<Segment, Extent> segments = new TreeMap<>();
  private final Map<PatchKey, Place> places = new HashMap<>();

  BankIndex(Path folder) {
    this.folder = folder;
  }

  /** Where a piece is. */
  record Place(Segment segment, IndexEntry entry) {}

  /**
   * How far a segment is known.
   *
   * @param indexEnd bytes of its index
   * @param dataEnd where its published pieces end
   */
  record Extent(long indexEnd, long dataEnd) {

    static final Extent NONE = new Extent(0, 0);

    long bytes() {
      return indexEnd + dataEnd;
    }
  }

  @Nullable Place find(PatchKey key) {
    return places.get(key);
  }

  int size() {
    return places.size();
  }

  /** Takes in what was published or removed since, by whomever. */
  void refresh() throws IOException {
    Set<Segment> present = new HashSet<>(Segment.of(folder));
    for (Segment segment : List.copyOf(segments.keySet())) {
      if (!present.contains(segment)) {
        forget(segment);
      }
    }
    for (Segment segment : present.stream().sorted().toList()) {
      read(segment);
    }
  }

  private void read(Segment segment) throws IOException {
    Extent known = segments.getOrDefault(segment, Extent.NONE);
    Segment.Entries found;
    try {
      found = segment.entries(known.indexEnd());
    } catch (NoSuchFileException e) {
      forget(segment);
      return;
    }
    found
        .damaged()
        .forEach(place ->
            LOG.error(
                "{}: the entry at byte {} is damaged and its patch is not used; delete the folder,"
                    + " it is filled again",
                segment.index(),
                place));
    long dataEnd = known.dataEnd();
    for (IndexEntry entry : found.entries()) {
      places.put(entry.key(), new Place(segment, entry));
      dataEnd = Math.max(dataEnd, entry.end());
    }
    segments.put(segment, new Extent(found.next(), dataEnd));
  }

  /** A piece that can't be used. */
  void forget(PatchKey key, Place place) {
    places.remove(key, place);
  }

  private void forget(Segment segment) {
    segments.remove(segment);
    places.values().removeIf(place -> place.segment().equals(segment));
  }

  // ---- for who has the folder's lock

  /**
   * Publishes a piece behind all others, after it has removed the oldest ones if there is no room.
   *
   * @param unique makes the name of a new segment differ from any before
   */
  void append(PatchKey key, byte[] content, Limits limits, int unique, long nowMillis)
      throws IOException {
    long more = content.length + (long) IndexEntry.BYTES;
    boolean fits =
        !segments.isEmpty()
            && segments.lastEntry().getValue().bytes() + more <= limits.segmentBytes();
    if (!fits) {
      cutUnpublished();
      long number = segments.isEmpty() ? 1 : segments.lastKey().number() + 1;
      segments.put(Segment.create(folder, number, unique), Extent.NONE);
    }
    makeRoom(more, limits.maxBytes());
    Segment newest = segments.lastKey();
    Extent extent = segments.lastEntry().getValue();
    newest.append(key, content, extent.dataEnd(), extent.indexEnd(), nowMillis);
    read(newest);
  }

  /**
   * Nobody writes into a segment behind which there is another: a dead writer's bytes would stay.
   */
  private void cutUnpublished() throws IOException {
    if (!segments.isEmpty()) {
      Extent extent = segments.lastEntry().getValue();
      segments.lastKey().cut(extent.dataEnd(), extent.indexEnd());
    }
  }

  /**
   * Removes the oldest segments until there is room for so many bytes.
   *
   * @param more not more than a segment may hold, so that the newest one stays
   */
  void makeRoom(long more, long maxBytes) throws IOException {
    for (Segment remains : Segment.remains(folder)) {
      remains.delete();
    }
    while (!segments.isEmpty() && bytes() + more > maxBytes) {
      Segment oldest = segments.firstKey();
      oldest.delete();
      forget(oldest);
    }
  }

  private long bytes() {
    return segments.values().stream().mapToLong(Extent::bytes).sum();
  }

  /**
   * How much a folder may hold.
   *
   * @param maxBytes of all segments
   * @param segmentBytes of one segment, which is removed as a whole
   */
  record Limits(long maxBytes, long segmentBytes) {}
}
