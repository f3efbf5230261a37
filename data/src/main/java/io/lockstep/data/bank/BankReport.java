package io.lockstep.data.bank;

import io.lockstep.data.geometry.Geometry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What a bank holds, each piece read and its checksum verified.
 *
 * @param segments pairs of files
 * @param patches pieces that are as they were written
 * @param bytes of the pieces and their index
 * @param maxBytes most that whoever opened the bank last let it take; empty if that isn't known
 * @param unpublished bytes that writers which died left behind; harmless
 * @param classes pieces by the first level of the description they were made for, by name
 * @param geometries pieces by the kind of that object's geometry: bbox_2d, poly, line
 * @param oldest when the first piece was written
 * @param newest when the last one was
 * @param damaged what is wrong, one line each, at most {@value #SHOWN}
 * @param damagedCount how many are wrong
 */
public record BankReport(
    int segments,
    long patches,
    long bytes,
    OptionalLong maxBytes,
    long unpublished,
    Map<String, Long> classes,
    Map<String, Long> geometries,
    Optional<Instant> oldest,
    Optional<Instant> newest,
    List<String> damaged,
    long damagedCount) {

  private static final int SHOWN = 20;

  /**
   * Reads a whole bank, which may be in use.
   *
   * @throws IOException if there is no such folder or it can't be read
   */
  public static BankReport of(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(folder + " is not a folder; name the folder of a patch bank");
    }
    Reading reading = new Reading();
    for (Segment segment : Segment.of(folder)) {
      try {
        reading.read(segment);
      } catch (NoSuchFileException gone) {
        // While the bank was read: it was the oldest one of a bank that is in use.
      }
    }
    return reading.report(RoomFile.read(folder));
  }

  private static final class Reading {
    private int segments;
    private long patches;
    private long bytes;
    private long unpublished;
    private long oldest = Long.MAX_VALUE;
    private long newest = Long.MIN_VALUE;
    private long damagedCount;
    private final Map<String, Long> classes = new TreeMap<>();
    private final Map<String, Long> geometries = new TreeMap<>();
    private final List<String> damaged = new ArrayList<>();

    void read(Segment segment) throws IOException {
      Segment.Entries found = segment.entries(0);
      segments++;
      long end = 0;
      for (IndexEntry entry : found.entries()) {
        end = Math.max(end, entry.end());
        read(segment, entry);
      }
      found
          .damaged()
          .forEach(place ->
              damaged("%s: the entry at byte %d is damaged".formatted(segment.index(), place)));
      bytes += end + found.next();
      unpublished += found.unfinished() + Math.max(0, Files.size(segment.data()) - end);
    }

    private void read(Segment segment, IndexEntry entry) throws IOException {
      try {
        PatchObject object = segment.patch(entry).objects().getFirst();
        classes.merge(object.desc().split("/", 2)[0], 1L, Long::sum);
        geometries.merge(kind(object), 1L, Long::sum);
        patches++;
        oldest = Math.min(oldest, entry.writtenMillis());
        newest = Math.max(newest, entry.writtenMillis());
      } catch (DamagedPatchException e) {
        damaged(String.valueOf(e.getMessage()));
      }
    }

    private void damaged(String what) {
      damagedCount++;
      if (damaged.size() < SHOWN) {
        damaged.add(what);
      }
    }

    private static String kind(PatchObject object) {
      return switch (object.geometry()) {
        case Geometry.Box _ -> "bbox_2d";
        case Geometry.Polygon _ -> "poly";
        case Geometry.Polyline _ -> "line";
      };
    }

    BankReport report(OptionalLong maxBytes) {
      boolean some = patches > 0;
      return new BankReport(
          segments,
          patches,
          bytes,
          maxBytes,
          unpublished,
          classes,
          geometries,
          some ? Optional.of(Instant.ofEpochMilli(oldest)) : Optional.empty(),
          some ? Optional.of(Instant.ofEpochMilli(newest)) : Optional.empty(),
          damaged,
          damagedCount);
    }
  }
}
