package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.config.text.UsableText;
import io.lockstep.data.file.FileWrites;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of one JSON object a line, each with its {@code step}, readable while it grows. Whoever
 * goes on with it drops the lines of steps that are to be computed again.
 */
public final class StepLines implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BufferedWriter writer;
  private final List<JsonNode> newest;
  private long lastStep;

  private StepLines(BufferedWriter writer, List<JsonNode> newest, long lastStep) {
    this.writer = writer;
    this.newest = newest;
    this.lastStep = lastStep;
  }

  /** Lines that go nowhere. */
  static StepLines none() {
    return new StepLines(new BufferedWriter(Writer.nullWriter()), List.of(), 0);
  }

  /**
   * Appends to a file, which is made where it is missing.
   *
   * @param steps steps that are committed: lines of later ones, and one that was torn, are dropped
   * @param since lines of steps after this one are remembered
   */
  public static StepLines open(Path file, long steps, long since) throws IOException {
    long last = 0;
    List<JsonNode> newest = new ArrayList<>();
    if (Files.exists(file)) {
      String text = Files.readString(file);
      List<String> lines = new ArrayList<>();
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        JsonNode tree = JSON.readTree(line);
        if (stepOf(tree) <= steps) {
          lines.add(line);
          last = stepOf(tree);
          if (last > since) {
            newest.add(tree);
          }
        }
      }
      rewrite(file, text, lines);
    }
    return new StepLines(
        FileWrites.writer(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
        newest,
        last);
  }

  private static long stepOf(JsonNode line) {
    return line.get("step").longValue();
  }

  private static void rewrite(Path file, String before, List<String> lines) throws IOException {
    String after = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    if (!after.equals(before)) {
      Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
      FileWrites.text(partial, after);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** The lines that were there and are remembered. */
  List<JsonNode> newest() {
    return newest;
  }

  /** The last step that has a line, counted from 1; 0 if none. */
  long lastStep() {
    return lastStep;
  }

  /** Adds a line and hands it to the operating system. */
  public void write(JsonNode line) throws IOException {
    writer.write(UsableText.encodableJson(JSON.writeValueAsString(line)));
    writer.newLine();
    writer.flush();
    lastStep = stepOf(line);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
