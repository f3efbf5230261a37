package io.lockstep.datatools.split;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Puts the records of a data file into a part to learn from and one to evaluate with, and a few of
 * the former into a third to try recipes out. Records of one group, and records of one picture, are
 * never on both sides. Which group is where follows from the seed and the group's name, whatever
 * the order of the file.
 */
public final class DataSplit {

  private static final ObjectMapper JSON = new ObjectMapper();

  private DataSplit() {}

  /** The files that are written. */
  public enum Part {
    /** To learn from. */
    TRAIN("train.jsonl"),
    /** To evaluate with. */
    VAL("val.jsonl"),
    /** A few of those to learn from, to try recipes out. */
    TINY("tiny.jsonl");

    private final String file;

    Part(String file) {
      this.file = file;
    }
  }

  /**
   * How a file is split.
   *
   * @param valShare share of records to evaluate with, between 0 and 1
   * @param tiny records of the part to try out; 0 for none
   * @param prefix begins the names of the files
   */
  public record Options(double valShare, int tiny, long seed, String prefix) {

    /** Checks the ranges. */
    public Options {
      if (!(valShare > 0 && valShare < 1)) {
        throw new IllegalArgumentException(
            "the share to evaluate with must lie between 0 and 1, not " + valShare);
      }
      if (tiny < 0) {
        throw new IllegalArgumentException("can't put " + tiny + " records into a part");
      }
      if (prefix.contains("/") || prefix.contains("\\")) {
        throw new IllegalArgumentException(
            "the prefix of names must not lead to another folder: " + prefix);
      }
    }
  }

  /**
   * What is in a part.
   *
   * @param kinds objects by the first level of their description
   */
  public record Content(
      Path file, long records, long groups, long objects, SortedMap<String, Long> kinds) {}

  /**
   * What was written.
   *
   * @param onlyTrain kinds of objects that there are none of to evaluate with
   * @param onlyVal kinds of objects that nobody learns
   */
  public record Result(
      Map<Part, Content> parts, List<String> onlyTrain, List<String> onlyVal, Path report) {}

  /** A record on its way. */
  private record Line(String text, String group, long order, Map<String, Long> kinds) {
    long objects() {
      return kinds.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /**
   * Splits a file; the parts lie beside it, so that their pictures are found.
   *
   * @throws DataException with all problems, if the file does not pass the check
   * @throws FileAlreadyExistsException if a part is there already
   */
  public static Result split(Path jsonl, Options options) throws IOException {
    List<Problem> problems = new ArrayList<>();
    DataCheck.check(jsonl, problems::add);
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
    Map<Part, Path> files = new EnumMap<>(Part.class);
    for (Part part : Part.values()) {
      if (part != Part.TINY || options.tiny() > 0) {
        files.put(part, vacant(jsonl.resolveSibling(options.prefix() + part.file)));
      }
    }
    Path report = vacant(jsonl.resolveSibling(options.prefix() + "split.json"));
    Map<Part, List<Line>> parts = assign(lines(jsonl, options.seed()), options);
    Map<Part, Content> contents = new LinkedHashMap<>();
    for (Map.Entry<Part, Path> file : files.entrySet()) {
      contents.put(
          file.getKey(), write(file.getValue(), parts.getOrDefault(file.getKey(), List.of())));
    }
    Result result =
        new Result(
            contents,
            missing(contents, Part.TRAIN, Part.VAL),
            missing(contents, Part.VAL, Part.TRAIN),
            report);
    FileWrites.text(
        report,
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json(jsonl, options, result))
            + "\n");
    return result;
  }

  private static Path vacant(Path file) throws FileAlreadyExistsException {
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(
          file.toString(), null, "is there already; remove it, or choose another --prefix");
    }
    return file;
  }

  private static List<Line> lines(Path jsonl, long seed) throws IOException {
    List<Line> lines = new ArrayList<>();
    try (JsonlFile file = JsonlFile.open(jsonl)) {
      for (long i = 0; i < file.size(); i++) {
        String text = file.line(i);
        Map<String, Long> kinds = new TreeMap<>();
        String group = text;
        if (RecordReader.read(file, i) instanceof ImageRecord image) {
          group = group(JSON.readTree(text), image);
          for (DataObject object : image.objects()) {
            kinds.merge(object.desc().split("/", 2)[0], 1L, Long::sum);
          }
        }
        lines.add(new Line(text, group, order(seed, group), kinds));
      }
    }
    return lines;
  }

  /** {@code metadata.group}, or the record's first picture. */
  private static String group(JsonNode record, ImageRecord image) {
    JsonNode named = record.path("metadata").path("group");
    return named.isTextual()
        ? "group " + named.textValue()
        : "picture " + image.images().getFirst().toAbsolutePath().normalize();
  }

  private static long order(long seed, String group) {
    CRC32C digest = new CRC32C();
    digest.update(group.getBytes(StandardCharsets.UTF_8));
    return SplitMix64.mix(seed, digest.getValue(), group.hashCode());
  }

  private static Map<Part, List<Line>> assign(List<Line> lines, Options options) {
    Map<String, List<Line>> groups = new LinkedHashMap<>();
    lines.stream()
        .sorted(Comparator.comparingLong(Line::order).thenComparing(Line::group))
        .forEach(line -> groups.computeIfAbsent(line.group(), _ -> new ArrayList<>()).add(line));
    if (groups.size() < 2) {
      throw new IllegalArgumentException(
          "all %d records belong to one group or picture, which can't be on both sides"
              .formatted(lines.size()));
    }
    long wanted = Math.max(1, Math.round(options.valShare() * lines.size()));
    int left = groups.size();
    List<Line> val = new ArrayList<>();
    List<Line> train = new ArrayList<>();
    for (List<Line> group : groups.values()) {
      (val.size() < wanted && left > 1 ? val : train).addAll(group);
      left--;
    }
    List<Line> tiny = train.subList(0, Math.min(options.tiny(), train.size()));
    return Map.of(Part.TRAIN, train, Part.VAL, val, Part.TINY, tiny);
  }

  private static Content write(Path file, List<Line> lines) throws IOException {
    SortedMap<String, Long> kinds = new TreeMap<>();
    try (BufferedWriter writer = FileWrites.writer(file)) {
      for (Line line : lines) {
        writer.write(line.text());
        writer.write('\n');
        line.kinds().forEach((kind, count) -> kinds.merge(kind, count, Long::sum));
      }
    }
    return new Content(
        file,
        lines.size(),
        lines.stream().map(Line::group).distinct().count(),
        lines.stream().mapToLong(Line::objects).sum(),
        kinds);
  }

  /** Kinds of objects of one part that the other lacks. */
  private static List<String> missing(Map<Part, Content> contents, Part of, Part in) {
    List<String> kinds = new ArrayList<>(kinds(contents, of));
    kinds.removeAll(kinds(contents, in));
    return kinds;
  }

  private static List<String> kinds(Map<Part, Content> contents, Part part) {
    Content content = contents.get(part);
    return content == null ? List.of() : List.copyOf(content.kinds().keySet());
  }

  private static Map<String, Object> json(Path jsonl, Options options, Result result) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("data", String.valueOf(jsonl.getFileName()));
    report.put("seed", options.seed());
    report.put("val_share", options.valShare());
    result
        .parts()
        .forEach((part, content) -> {
          Map<String, Object> values = new LinkedHashMap<>();
          values.put("file", String.valueOf(content.file().getFileName()));
          values.put("records", content.records());
          values.put("groups", content.groups());
          values.put("objects", content.objects());
          values.put("kinds", content.kinds());
          report.put(part.file.replace(".jsonl", ""), values);
        });
    report.put("kinds_only_in_train", result.onlyTrain());
    report.put("kinds_only_in_val", result.onlyVal());
    return report;
  }
}
