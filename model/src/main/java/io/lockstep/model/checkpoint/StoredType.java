package io.lockstep.model.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What {@code config.json} says about the type of the stored weights. */
final class StoredType {

  private static final String FLOAT32 = "float32";
  private static final List<String> KEYS = List.of("dtype", "torch_dtype");
  private static final List<String> TOWERS = List.of("text_config", "vision_config");
  private static final ObjectMapper JSON = new ObjectMapper();

  private StoredType() {}

  /** Changes the type to float32 wherever it stands; a file that says so already stays as it is. */
  static void declareFloat32(Path configJson) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(Files.readAllBytes(configJson));
    boolean changed = declare(root);
    for (String tower : TOWERS) {
      if (root.get(tower) instanceof ObjectNode node) {
        changed |= declare(node);
      }
    }
    if (changed) {
      String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      Files.writeString(configJson, json + "\n", StandardCharsets.UTF_8);
    }
  }

  private static boolean declare(ObjectNode node) {
    boolean changed = false;
    for (String key : KEYS) {
      if (node.hasNonNull(key) && !node.get(key).asText().equals(FLOAT32)) {
        node.put(key, FLOAT32);
        changed = true;
      }
    }
    return changed;
  }
}
