package io.lockstep.coordinator.checkpoint;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The list of a checkpoint's files, written last. */
final class Manifest {

  static final String FILE_NAME = "manifest.json";

  /** Room for some 100,000 files. */
  static final long MAX_BYTES = 1 << 24;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Manifest() {}

  /**
   * What it says.
   *
   * @param run which run wrote the checkpoint
   * @param meanLoss mean training loss per token over the steps since the checkpoint before
   */
  @JsonPropertyOrder({"steps", "run", "mean_loss", "files"})
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Document(
      long steps,
      @Nullable String run,
      @JsonProperty("mean_loss") @Nullable Double meanLoss,
      List<Entry> files) {

    /** Whether the model's alignment certificate could be written. */
    boolean certified() {
      return files.stream().noneMatch(file -> file.path().equals(CheckpointFile.UNCERTIFIED));
    }
  }

  @JsonPropertyOrder({"path", "bytes", "sha256"})
  record Entry(String path, long bytes, String sha256) {}

  /**
   * Writes and syncs {@code manifest.json}.
   *
   * @param files in the order of their paths
   * @return SHA-256 of the manifest, lower-case hexadecimal
   */
  static String write(
      Path folder, long steps, String run, @Nullable Double meanLoss, List<CheckpointFile> files)
      throws IOException {
    List<Entry> entries =
        files.stream().map(file -> new Entry(file.path(), file.bytes(), file.sha256())).toList();
    String text =
        JSON.writerWithDefaultPrettyPrinter()
                .writeValueAsString(new Document(steps, run, meanLoss, entries))
            + "\n";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    FileWrites.durable(folder.resolve(FILE_NAME), bytes);
    return HexFormat.of().formatHex(newSha256().digest(bytes));
  }

  /**
   * Reads a manifest.
   *
   * @throws IOException saying what is wrong with it
   */
  static Document parse(byte[] json) throws IOException {
    Document document;
    try {
      document = JSON.readValue(json, Document.class);
    } catch (JsonProcessingException e) {
      throw new IOException("can't be read: " + e.getOriginalMessage(), e);
    }
    List<String> problems = new ArrayList<>();
    if (document == null || document.steps() < 0 || document.files() == null) {
      throw new IOException("lacks \"steps\" or \"files\"");
    }
    if (document.files().isEmpty()) {
      problems.add("lists no file");
    }
    for (Entry entry : document.files()) {
      if (Objects.isNull(entry) || Objects.isNull(entry.path()) || entry.sha256() == null) {
        problems.add("has an entry without \"path\" or \"sha256\"");
      }
    }
    if (!problems.isEmpty()) {
      throw new IOException(String.join(", ", problems));
    }
    return document;
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }
}
