package io.lockstep.model.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which tensor lies in which shard: {@code model.safetensors.index.json}. What it says of the size
 * of all tensors is written but not read: tools count it differently or leave it out, and the
 * shards' headers say it.
 *
 * @param weightMap file name by tensor name, in {@link TensorInfo#NAME_ORDER}
 */
public record ShardIndex(SequencedMap<String, String> weightMap) {

  private static final long MAX_BYTES = 100_000_000;

  /** A file of the same folder: anything else could lead out of it. */
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  /** Sorts the names. */
  public ShardIndex {
    SequencedMap<String, String> sorted = new TreeMap<>(TensorInfo.NAME_ORDER);
    sorted.putAll(weightMap);
    weightMap = Collections.unmodifiableSequencedMap(sorted);
  }

  /** The shards' file names, in order. */
  public List<String> files() {
    return weightMap.values().stream().distinct().sorted().toList();
  }

  /**
   * Reads an index.
   *
   * @throws InvalidSafetensorsException naming everything that is wrong with it
   */
  public static ShardIndex read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new InvalidSafetensorsException(file, "has more than " + MAX_BYTES + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new InvalidSafetensorsException(file, "is not JSON: " + e.getOriginalMessage());
    }
    List<String> problems = new ArrayList<>();
    JsonNode map = root.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      problems.add("has no weight_map");
    }
    SequencedMap<String, String> weightMap = new TreeMap<>(TensorInfo.NAME_ORDER);
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String name = entry.getValue().asText();
      if (!entry.getValue().isTextual() || !FILE_NAME.matcher(name).matches()) {
        problems.add(
            "puts tensor %s into %s, which is no name of a file beside it"
                .formatted(entry.getKey(), entry.getValue()));
      }
      weightMap.put(entry.getKey(), name);
    }
    if (!problems.isEmpty()) {
      throw new InvalidSafetensorsException(file, String.join("; ", problems));
    }
    return new ShardIndex(weightMap);
  }

  /**
   * Writes the index, replacing {@code file}.
   *
   * @param totalSize bytes of all tensors
   */
  public void write(Path file, long totalSize) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putObject("metadata").put("total_size", totalSize);
    ObjectNode map = root.putObject("weight_map");
    weightMap.forEach(map::put);
    String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    FileWrites.text(file, json + "\n");
  }
}
