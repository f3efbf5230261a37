package io.lockstep.datatools.convert;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What a COCO file says: pictures in their order, categories, and for each picture its annotations.
 * Read entry by entry; of each annotation only what is used stays in memory.
 */
final class CocoFile {

  /** The longest file that is read, in bytes. */
  private static final long MAX_BYTES = 4L << 30;

  private static final int BOX_NUMBERS = 4;
  private static final int LEAST_OUTLINE = 6;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Path path;
  private final Remarks remarks;
  private final List<Picture> pictures = new ArrayList<>();
  private final Map<Long, String> categories = new HashMap<>();
  private final Map<Long, List<Annotation>> annotations = new HashMap<>();
  private final LongStream.Builder annotationIds = LongStream.builder();
  private final List<String> sections = new ArrayList<>();

  /** An entry of {@code images}. */
  record Picture(long id, String fileName, int width, int height) {}

  /**
   * An entry of {@code annotations}.
   *
   * @param coordinates of a box x1, y1, x2, y2; of an outline its points
   * @param isBox whether it is a box
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Annotation(long id, long category, double[] coordinates, boolean isBox) {}

  private CocoFile(Path path, Remarks remarks) {
    this.path = path;
    this.remarks = remarks;
  }

  static CocoFile read(Path path, Remarks remarks) throws IOException, ConversionException {
    if (!Files.isRegularFile(path)) {
      throw new ConversionException(path + ": no such file; give --annotations a COCO JSON file");
    }
    if (Files.size(path) > MAX_BYTES) {
      throw new ConversionException(
          "%s has %d bytes, more than the permitted %d"
              .formatted(path, Files.size(path), MAX_BYTES));
    }
    CocoFile file = new CocoFile(path, remarks);
    try (JsonParser parser = JSON.createParser(path.toFile())) {
      file.read(parser);
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      throw new ConversionException(
          path + line + ": is not valid JSON: " + e.getOriginalMessage(), e);
    }
    return file;
  }

  List<Picture> pictures() {
    return pictures;
  }

  Map<Long, String> categories() {
    return categories;
  }

  /** The ids of all annotations, those included that are left out; asked for once. */
  LongStream annotationIds() {
    return annotationIds.build();
  }

  /** All annotations that are kept, in no order. */
  Stream<Annotation> annotations() {
    return annotations.values().stream().flatMap(List::stream);
  }

  /** The annotations of a picture, which are given only once. */
  List<Annotation> takeAnnotations(long picture) {
    List<Annotation> found = annotations.remove(picture);
    return found == null ? List.of() : found;
  }

  /** How many annotations belong to pictures that were not asked for. */
  long orphans() {
    return annotations.values().stream().mapToLong(List::size).sum();
  }

  private void read(JsonParser parser) throws IOException, ConversionException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new ConversionException(path + ": must be a JSON object, as COCO files are");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String section = parser.currentName();
      parser.nextToken();
      if (!List.of("images", "annotations", "categories").contains(section)) {
        parser.skipChildren();
        continue;
      }
      sections.add(section);
      if (parser.currentToken() != JsonToken.START_ARRAY) {
        throw new ConversionException("%s: %s must be a list".formatted(path, section));
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        JsonNode entry = JSON.readTree(parser);
        switch (section) {
          case "images" -> picture(entry);
          case "categories" -> category(entry);
          default -> annotation(entry);
        }
      }
    }
    for (String needed : List.of("images", "annotations", "categories")) {
      if (!sections.contains(needed)) {
        throw new ConversionException("%s: has no %s, as COCO files do".formatted(path, needed));
      }
    }
  }

  private void picture(JsonNode entry) throws ConversionException {
    JsonNode name = entry.path("file_name");
    JsonNode width = entry.path("width");
    JsonNode height = entry.path("height");
    boolean good =
        name.isTextual()
            && !name.textValue().isBlank()
            && width.canConvertToInt()
            && width.isIntegralNumber()
            && height.canConvertToInt()
            && height.isIntegralNumber();
    if (!good) {
      throw new ConversionException(
          "%s: images[%d] needs id, file_name, width and height, is %s"
              .formatted(path, pictures.size(), shortened(entry)));
    }
    pictures.add(
        new Picture(
            id(entry, "id", "images"), name.textValue(), width.intValue(), height.intValue()));
  }

  private void category(JsonNode entry) throws ConversionException {
    JsonNode name = entry.path("name");
    if (!name.isTextual()) {
      throw new ConversionException(
          "%s: a category needs id and name, is %s".formatted(path, shortened(entry)));
    }
    String other = categories.put(id(entry, "id", "categories"), name.textValue());
    if (other != null && !other.equals(name.textValue())) {
      throw new ConversionException(
          "%s: the categories '%s' and '%s' have the same id, %s; give each an id of its own when files are joined, and change the category_id of its annotations"
              .formatted(path, other, name.textValue(), entry.get("id")));
    }
  }

  private long id(JsonNode entry, String field, String section) throws ConversionException {
    JsonNode value = entry.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new ConversionException(
          "%s: %s of an entry of %s must be a whole number, is %s"
              .formatted(path, field, section, value));
    }
    return value.longValue();
  }

  private void annotation(JsonNode entry) throws ConversionException {
    long id = id(entry, "id", "annotations");
    long picture = id(entry, "image_id", "annotations");
    long category = id(entry, "category_id", "annotations");
    annotationIds.add(id);
    String name = "annotation " + id;
    if (entry.path("iscrowd").asInt(0) != 0) {
      remarks.add("annotation skipped: it stands for a crowd", name);
      return;
    }
    double[] outline = outline(entry.path("segmentation"), name);
    Annotation found;
    if (outline.length > 0) {
      found = new Annotation(id, category, outline, false);
    } else {
      double[] box = box(entry.path("bbox"));
      if (box.length == 0) {
        remarks.add("annotation skipped: its bbox is not four numbers with a size above 0", name);
        return;
      }
      found = new Annotation(id, category, box, true);
    }
    annotations.computeIfAbsent(picture, key -> new ArrayList<>(1)).add(found);
  }

  /** The only outline; empty if the box has to stand for it, which is noted. */
  private double[] outline(JsonNode segmentation, String name) {
    if (segmentation.isObject()) {
      remarks.add("annotation as its box: its mask is run-length encoded", name);
      return new double[0];
    }
    if (!segmentation.isArray() || segmentation.isEmpty()) {
      return new double[0];
    }
    if (segmentation.size() > 1) {
      remarks.add("annotation as its box: it has several outlines", name);
      return new double[0];
    }
    double[] points = numbers(segmentation.get(0));
    if (points.length < LEAST_OUTLINE || points.length % 2 != 0) {
      remarks.add("annotation as its box: its outline has no three points", name);
      return new double[0];
    }
    return points;
  }

  private static double[] box(JsonNode bbox) {
    double[] numbers = numbers(bbox);
    if (numbers.length != BOX_NUMBERS || numbers[2] <= 0 || numbers[3] <= 0) {
      return new double[0];
    }
    return new double[] {numbers[0], numbers[1], numbers[0] + numbers[2], numbers[1] + numbers[3]};
  }

  /** The numbers of a list; empty if something else is in it. */
  private static double[] numbers(JsonNode list) {
    double[] numbers = new double[list.isArray() ? list.size() : 0];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode value = list.get(i);
      if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
        return new double[0];
      }
      numbers[i] = value.doubleValue();
    }
    return numbers;
  }

  private static String shortened(JsonNode entry) {
    String text = entry.toString();
    int most = 200;
    return text.length() <= most ? text : text.substring(0, most) + " ...";
  }
}
