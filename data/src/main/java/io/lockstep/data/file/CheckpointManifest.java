package io.lockstep.data.file;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The list of a checkpoint's files, written last.
 *
 * @param steps committed training steps of the checkpoint
 * @param run which run wrote it, if it says so
 * @param meanLoss mean training loss per token over the steps since the checkpoint before
 * @param files its files in path order, without the manifest itself
 */
@JsonPropertyOrder({"steps", "run", "mean_loss", "files"})
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CheckpointManifest(
    long steps,
    @Nullable String run,
    @JsonProperty("mean_loss") @Nullable Double meanLoss,
    List<Entry> files) {

  /** Its name in the checkpoint's folder. */
  public static final String FILE_NAME = "manifest.json";

  /** Room for some 100,000 files. */
  public static final long MAX_BYTES = 1 << 24;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * One file.
   *
   * @param path relative to the checkpoint's folder, '/' as separator
   * @param bytes its size
   * @param sha256 of its content, lower-case hexadecimal
   */
  @JsonPropertyOrder({"path", "bytes", "sha256"})
  public record Entry(String path, long bytes, String sha256) {

    /**
     * What is wrong with the file in a checkpoint's folder, every byte of it.
     *
     * @param options whether links are followed
     */
    public Optional<String> problem(Path folder, LinkOption... options) throws IOException {
      Path root = folder.toAbsolutePath().normalize();
      Path file = root.resolve(path).normalize();
      if (!file.startsWith(root) || file.equals(root)) {
        return Optional.of(path + " points outside of the checkpoint");
      }
      if (!Files.isRegularFile(file, options)) {
        return Optional.of(path + " is missing");
      }
      long found = Files.size(file);
      if (found != bytes) {
        return Optional.of("%s has %d bytes, not %d".formatted(path, found, bytes));
      }
      String digest = Sha256.of(file);
      return digest.equals(sha256)
          ? Optional.empty()
          : Optional.of("%s has SHA-256 %s, not %s".formatted(path, digest, sha256));
    }
  }

  public CheckpointManifest {
    files = List.copyOf(files);
  }

  /** The bytes of {@code manifest.json}. */
  public byte[] toJson() throws IOException {
    String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a manifest; keys that it doesn't know are left out.
   *
   * @throws IOException saying what is wrong with it, as what follows its name
   */
  public static CheckpointManifest parse(byte[] json) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IOException("can't be read: " + e.getOriginalMessage(), e);
    }
    JsonNode files = root.path("files");
    if (!root.path("steps").canConvertToLong()
        || root.path("steps").asLong() < 0
        || !files.isArray()) {
      throw new IOException("lacks \"steps\" or \"files\"");
    }
    if (files.isEmpty()) {
      throw new IOException("lists no file");
    }
    List<Entry> entries = new ArrayList<>();
    for (JsonNode file : files) {
      if (!file.path("path").isTextual()
          || !file.path("bytes").canConvertToLong()
          || !file.path("sha256").isTextual()) {
        throw new IOException(
            "has an entry, number "
                + entries.size()
                + ", without \"path\", \"bytes\" or \"sha256\"");
      }
      entries.add(
          new Entry(
              file.path("path").asText(),
              file.path("bytes").asLong(),
              file.path("sha256").asText()));
    }
    JsonNode loss = root.path("mean_loss");
    return new CheckpointManifest(
        root.path("steps").asLong(),
        root.path("run").isTextual() ? root.path("run").asText() : null,
        loss.isNumber() ? loss.asDouble() : null,
        entries);
  }
}
