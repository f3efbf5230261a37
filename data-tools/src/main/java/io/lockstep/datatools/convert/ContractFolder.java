package io.lockstep.datatools.convert;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.SummaryText;
import io.lockstep.datatools.export.OutputFolder;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The folder that is written: {@code data.jsonl} and, under {@code images}, copies of the pictures.
 * It appears when it is complete and has passed the check, or not at all.
 */
final class ContractFolder implements AutoCloseable {

  private static final String IMAGES = "images";
  private static final String NAME = "data.jsonl";

  /** Coordinates are kept to the hundredth of a pixel. */
  private static final double STEPS_OF_A_PIXEL = 100;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path out;
  private final OutputFolder folder;
  private final Writer lines;
  private long records;
  private long objects;

  /**
   * An object of a record.
   *
   * @param kind {@code bbox_2d}, {@code poly} or {@code line}
   * @param coordinates x and y in turn
   */
  record Annotated(String desc, String kind, List<Double> coordinates) {}

  /**
   * A picture with what is known of it.
   *
   * @param source its file
   * @param name path under {@code images}, with '/' between folders
   */
  record Entry(
      Path source,
      String name,
      int width,
      int height,
      List<Annotated> objects,
      Optional<String> summary) {}

  private ContractFolder(Path out, OutputFolder folder) throws IOException {
    this.out = out;
    this.folder = folder;
    Files.createDirectories(folder.partial().resolve(IMAGES));
    this.lines = FileWrites.writer(folder.partial().resolve(NAME));
  }

  /** Begins a folder that doesn't exist yet or is empty. */
  static ContractFolder create(Path out) throws IOException {
    OutputFolder folder = OutputFolder.create(out);
    try {
      return new ContractFolder(out, folder);
    } catch (IOException e) {
      folder.close();
      throw e;
    }
  }

  /** Copies the picture and writes its record. */
  void add(Entry entry) throws IOException {
    Path images = folder.partial().resolve(IMAGES);
    Path target = images.resolve(entry.name()).normalize();
    if (!target.startsWith(images)) {
      throw new IllegalArgumentException(entry.name() + " leads out of the folder");
    }
    Files.createDirectories(target.resolveSibling(""));
    FileWrites.copy(entry.source(), target);
    ObjectNode record = JSON.createObjectNode();
    record.putArray(IMAGES).add(IMAGES + "/" + entry.name());
    ArrayNode list = record.putArray("objects");
    entry.objects().forEach(object -> list.add(json(object)));
    record.put("width", entry.width()).put("height", entry.height());
    summary(entry).ifPresent(text -> record.put("summary", text));
    lines.write(JSON.writeValueAsString(record));
    lines.write('\n');
    records++;
    objects += entry.objects().size();
  }

  private static Optional<String> summary(Entry entry) {
    if (entry.summary().isPresent() || entry.objects().isEmpty()) {
      return entry.summary();
    }
    return Optional.of(SummaryText.of(entry.objects().stream().map(Annotated::desc).toList()));
  }

  private static ObjectNode json(Annotated object) {
    ObjectNode node = JSON.createObjectNode().put("desc", object.desc());
    ArrayNode coordinates = node.putArray(object.kind());
    for (double value : object.coordinates()) {
      double rounded = Math.rint(value * STEPS_OF_A_PIXEL) / STEPS_OF_A_PIXEL;
      if (rounded == Math.rint(rounded)) {
        coordinates.add((long) rounded);
      } else {
        coordinates.add(rounded);
      }
    }
    return node;
  }

  /**
   * Checks everything that was written as {@code lockstep data check} does, and publishes it.
   *
   * @throws ConversionException if there is no record
   * @throws DataException if what was written breaks the contract
   */
  ConversionReport finish(Remarks remarks) throws IOException, ConversionException {
    lines.close();
    if (records == 0) {
      throw new ConversionException(
          "nothing could be converted: "
              + String.join(
                  "; ",
                  remarks.list().stream()
                      .map(remark ->
                          "%s (%d, for example %s)"
                              .formatted(remark.what(), remark.count(), remark.example()))
                      .toList()));
    }
    List<Problem> problems = new ArrayList<>();
    DataCheck.check(folder.partial().resolve(NAME), problems::add);
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
    folder.publish();
    return new ConversionReport(out.resolve(NAME), records, objects, remarks.list());
  }

  @Override
  public void close() throws IOException {
    try (folder) {
      lines.close();
    }
  }
}
