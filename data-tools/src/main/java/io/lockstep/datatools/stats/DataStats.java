package io.lockstep.datatools.stats;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageHeader;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a data file holds, in memory that doesn't grow with it beyond eight bytes a line.
 *
 * @param pictures pictures of all records, conversations included
 * @param unreadable those of conversations whose size is unknown because they can't be read
 * @param chats records that are conversations
 * @param objects all annotated objects
 * @param geometries objects by kind of geometry: bbox_2d, poly, line
 * @param kinds objects by the first level of their description, most frequent first
 * @param histograms distributions by what they count, in the order in which people want them
 */
public record DataStats(
    long pictures,
    long unreadable,
    long chats,
    long objects,
    Map<String, Long> geometries,
    List<Map.Entry<String, Long>> kinds,
    Map<Measure, Histogram> histograms) {

  /** What is counted of records and objects. */
  public enum Measure {
    OBJECTS_PER_PICTURE("Objects per picture", "objects"),
    PICTURES_PER_CHAT("Pictures per conversation", "pictures"),
    PICTURE_WIDTH("Width of pictures", "pixels"),
    PICTURE_HEIGHT("Height of pictures", "pixels"),
    OBJECT_SIDE("Longer side of boxes and outlines", "pixels"),
    OBJECT_SHARE("Area of boxes around objects", "thousandths of the picture"),
    LINE_LENGTH("Length of lines", "pixels"),
    POINTS("Points of outlines and lines", "points"),
    SUMMARY_CHARACTERS("Length of summaries", "characters"),
    SUMMARY_TOKENS("Samples that ask for the summary", "tokens, those of pictures included"),
    DENSE_TOKENS("Samples that ask for the objects", "tokens, those of pictures included"),
    CHAT_TOKENS("Conversations", "tokens, those of pictures included");

    private final String title;
    private final String unit;

    Measure(String title, String unit) {
      this.title = title;
      this.unit = unit;
    }

    /** What it is, as a title. */
    public String title() {
      return title;
    }

    /** What it is counted in. */
    public String unit() {
      return unit;
    }
  }

  /** Says how many tokens a record comes to. */
  public interface Lengths {

    /** Counts the tokens of every sample that can be made of a record. */
    void measure(DataRecord record, Map<Measure, Histogram> histograms) throws IOException;
  }

  /**
   * Reads the whole file, one line in memory at a time.
   *
   * @param lengths counts tokens, if a model is at hand
   */
  public static DataStats of(Path jsonl, Optional<Lengths> lengths) throws IOException {
    Counter counter = new Counter();
    try (JsonlFile file = JsonlFile.open(jsonl)) {
      for (long i = 0; i < file.size(); i++) {
        DataRecord record = RecordReader.read(file, i);
        switch (record) {
          case ImageRecord image -> counter.add(image);
          case ChatRecord chat -> counter.add(chat);
        }
        if (lengths.isPresent()) {
          lengths.get().measure(record, counter.histograms);
        }
      }
    }
    return counter.result();
  }

  private static final class Counter {

    private static final int THOUSAND = 1000;

    private long pictures;
    private long unreadable;
    private long chats;
    private long objects;
    private final Map<String, Long> geometries = new TreeMap<>();
    private final Classes kinds = new Classes();
    private final Map<Measure, Histogram> histograms = new LinkedHashMap<>();

    Counter() {
      for (Measure measure : Measure.values()) {
        histograms.put(measure, new Histogram());
      }
    }

    void add(ChatRecord chat) {
      chats++;
      List<ImageSource> images = chat.conversation().images();
      pictures += images.size();
      count(Measure.PICTURES_PER_CHAT, images.size());
      for (ImageSource image : images) {
        if (image instanceof ImageSource.File(Path path)) {
          addSize(path);
        }
      }
    }

    /** Conversations don't say how large their pictures are. */
    private void addSize(Path picture) {
      try {
        ImageHeader header = ImageHeader.read(picture, DecodeLimits.DEFAULT);
        count(Measure.PICTURE_WIDTH, header.width());
        count(Measure.PICTURE_HEIGHT, header.height());
      } catch (IOException e) {
        unreadable++;
      }
    }

    void add(ImageRecord image) {
      pictures += image.images().size();
      objects += image.objects().size();
      count(Measure.OBJECTS_PER_PICTURE, image.objects().size());
      count(Measure.PICTURE_WIDTH, image.width());
      count(Measure.PICTURE_HEIGHT, image.height());
      image.summary().ifPresent(text -> count(Measure.SUMMARY_CHARACTERS, length(text)));
      double area = (double) image.width() * image.height();
      for (DataObject object : image.objects()) {
        kinds.add(object.desc().split("/", 2)[0]);
        add(object.geometry(), area);
      }
    }

    private void add(Geometry geometry, double pictureArea) {
      Geometry.Box box = geometry.bounds();
      switch (geometry) {
        case Geometry.Box _ -> geometries.merge("bbox_2d", 1L, Long::sum);
        case Geometry.Polygon polygon -> {
          geometries.merge("poly", 1L, Long::sum);
          count(Measure.POINTS, polygon.points().size());
        }
        case Geometry.Polyline line -> {
          geometries.merge("line", 1L, Long::sum);
          count(Measure.POINTS, line.points().size());
          count(Measure.LINE_LENGTH, Math.round(length(line)));
          return;
        }
      }
      count(Measure.OBJECT_SIDE, Math.round(Math.max(box.width(), box.height())));
      double share = box.width() * box.height() / pictureArea;
      count(Measure.OBJECT_SHARE, Math.round(share * THOUSAND));
    }

    private static double length(Geometry.Polyline line) {
      double length = 0;
      for (int i = 0; i + 1 < line.points().size(); i++) {
        double dx = line.points().get(i + 1).x() - line.points().get(i).x();
        double dy = line.points().get(i + 1).y() - line.points().get(i).y();
        length += Math.hypot(dx, dy);
      }
      return length;
    }

    private void count(Measure measure, long value) {
      histograms.computeIfAbsent(measure, each -> new Histogram()).add(value);
    }

    private static int length(String text) {
      return text.codePointCount(0, text.length());
    }

    DataStats result() {
      histograms.values().removeIf(histogram -> histogram.count() == 0);
      return new DataStats(
          pictures, unreadable, chats, objects, geometries, kinds.byCount(), histograms);
    }
  }
}
