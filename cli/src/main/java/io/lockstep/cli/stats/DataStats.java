package io.lockstep.cli.stats;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a data file holds.
 *
 * @param pictures records with a picture
 * @param chats records of text
 * @param objects all annotated objects
 * @param geometries objects by kind of geometry: bbox_2d, poly, line
 * @param objectsPerPicture pictures by number of objects
 * @param summaryCharacters pictures by length of the summary in characters
 * @param kinds objects by the first level of their description, most frequent first
 */
public record DataStats(
    long pictures,
    long chats,
    long objects,
    Map<String, Long> geometries,
    Map<Integer, Long> objectsPerPicture,
    Map<Integer, Long> summaryCharacters,
    List<Map.Entry<String, Long>> kinds) {

  /** Reads the whole file, one line in memory at a time. */
  public static DataStats of(Path jsonl) {
    Counter counter = new Counter();
    try (JsonlFile file = JsonlFile.open(jsonl)) {
      for (long i = 0; i < file.size(); i++) {
        switch (RecordReader.read(file, i)) {
          case ImageRecord image -> counter.add(image);
          case ChatRecord chat -> counter.chats++;
        }
      }
    }
    return counter.result();
  }

  private static final class Counter {
    private long pictures;
    private long chats;
    private long objects;
    private final Map<String, Long> geometries = new TreeMap<>();
    private final Map<Integer, Long> objectsPerPicture = new TreeMap<>();
    private final Map<Integer, Long> summaryCharacters = new TreeMap<>();
    private final Map<String, Long> kinds = new TreeMap<>();

    void add(ImageRecord image) {
      pictures++;
      objects += image.objects().size();
      objectsPerPicture.merge(image.objects().size(), 1L, Long::sum);
      image.summary().ifPresent(text -> summaryCharacters.merge(length(text), 1L, Long::sum));
      for (DataObject object : image.objects()) {
        kinds.merge(object.desc().split("/", 2)[0], 1L, Long::sum);
        geometries.merge(name(object.geometry()), 1L, Long::sum);
      }
    }

    private static int length(String text) {
      return text.codePointCount(0, text.length());
    }

    private static String name(Geometry geometry) {
      return switch (geometry) {
        case Geometry.Box box -> "bbox_2d";
        case Geometry.Polygon polygon -> "poly";
        case Geometry.Polyline line -> "line";
      };
    }

    DataStats result() {
      List<Map.Entry<String, Long>> byCount =
          kinds.entrySet().stream()
              .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
              .toList();
      return new DataStats(
          pictures, chats, objects, geometries, objectsPerPicture, summaryCharacters, byCount);
    }
  }
}
