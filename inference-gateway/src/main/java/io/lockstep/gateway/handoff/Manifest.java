package io.lockstep.gateway.handoff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a checkpoint's folder holds, as its writer saw it.
 *
 * @param steps committed training steps of the checkpoint
 * @param files its files in path order, without the manifest itself
 */
record Manifest(long steps, List<Entry> files) {

  /** Name of the manifest in the checkpoint's folder. */
  static final String FILE_NAME = "manifest.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  Manifest {
    files = List.copyOf(files);
  }

  /**
   * One file.
   *
   * @param path relative to the checkpoint's folder, '/' as separator
   * @param bytes size
   * @param sha256 of the content, lower-case hexadecimal
   */
  record Entry(String path, long bytes, String sha256) {}

  /**
   * Reads {@code {"steps": n, "files": [{"path", "bytes", "sha256"}, ...]}}.
   *
   * @throws BrokenCheckpointException if it is anything else
   */
  static Manifest parse(String where, byte[] json) {
    JsonNode root;
    try {
      root = JSON.readTree(new String(json, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new BrokenCheckpointException(where + " is not JSON: " + e.getOriginalMessage());
    }
    if (!root.path("steps").canConvertToLong()
        || !root.path("files").isArray()
        || root.path("files").isEmpty()) {
      throw new BrokenCheckpointException(where + " lacks \"steps\" or \"files\"");
    }
    List<Entry> files = new ArrayList<>();
    for (JsonNode file : root.path("files")) {
      if (!file.path("path").isTextual()
          || !file.path("bytes").canConvertToLong()
          || !file.path("sha256").isTextual()) {
        throw new BrokenCheckpointException(
            where + ": entry " + files.size() + " lacks \"path\", \"bytes\" or \"sha256\"");
      }
      files.add(
          new Entry(
              file.path("path").asText(),
              file.path("bytes").asLong(),
              file.path("sha256").asText()));
    }
    return new Manifest(root.path("steps").asLong(), files);
  }
}
