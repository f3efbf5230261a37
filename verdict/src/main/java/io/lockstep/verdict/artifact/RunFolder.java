package io.lockstep.verdict.artifact;

import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.ConfigWriter;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The folder of a run of one mission.
 *
 * @param root of it
 */
public record RunFolder(Path root) {

  /** The guidance at the end of the run. */
  public static final String GUIDANCE = "guidance.json";

  /** Guidances that were in force, by their numbers. */
  public static final String SNAPSHOTS = "snapshots";

  /** Where an artifact lies. */
  public Path file(Artifact artifact) {
    return root.resolve(artifact.file());
  }

  /** Makes the folder, without artifacts of before. */
  public void clear() {
    try {
      Files.createDirectories(root);
      for (Artifact artifact : Artifact.values()) {
        Files.deleteIfExists(file(artifact));
      }
      Path snapshots = root.resolve(SNAPSHOTS);
      if (Files.isDirectory(snapshots)) {
        try (var files = Files.list(snapshots)) {
          for (Path each : files.toList()) {
            Files.delete(each);
          }
        }
      }
      Files.createDirectories(snapshots);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Adds rows to a file of lines. */
  public void append(Artifact artifact, List<? extends Row> rows) {
    StringBuilder text = new StringBuilder();
    rows.forEach(row -> text.append(json(row)).append('\n'));
    try {
      FileWrites.text(
          file(artifact), text.toString(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /** Writes a whole file in place of what was there. */
  public void write(Artifact artifact, List<? extends Row> rows) {
    StringBuilder text = new StringBuilder();
    if (artifact.isList()) {
      text.append('[');
      for (int i = 0; i < rows.size(); i++) {
        text.append(i == 0 ? "\n" : ",\n").append(json(rows.get(i)));
      }
      text.append("\n]\n");
    } else {
      rows.forEach(row -> text.append(json(row)).append('\n'));
    }
    replace(file(artifact), text.toString());
  }

  /** Writes a text that appears whole or not at all, in place of what was there. */
  public void replace(Path file, String text) {
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    try {
      Files.createDirectories(root);
      FileWrites.durable(partial, text.getBytes(StandardCharsets.UTF_8));
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  /**
   * The rows of a file of lines.
   *
   * @throws ConfigException naming file and line if one is no such row
   */
  public <R extends Record & Row> List<R> read(Artifact artifact, Class<R> type)
      throws IOException, ConfigException {
    Path file = file(artifact);
    if (!Files.exists(file)) {
      throw new ConfigException(
          file.toString(), List.of("is missing: name the folder of a run of one mission"));
    }
    List<R> rows = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      rows.add(ConfigReader.readLine(type, line, file + ":" + number));
    }
    return rows;
  }

  private static String json(Row row) {
    return ConfigWriter.json((Record) row);
  }

  private static UncheckedIOException unwritable(IOException e) {
    return new UncheckedIOException(String.valueOf(e.getMessage()), e);
  }
}
