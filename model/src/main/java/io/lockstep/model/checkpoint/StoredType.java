package io.lockstep.model.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.safetensors.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What {@code config.json} says about the type of the stored weights. */
final class StoredType {

  private static final Map<DType, String> NAMES =
      Map.of(DType.F32, "float32", DType.BF16, "bfloat16", DType.F16, "float16");
  private static final List<String> KEYS = List.of("dtype", "torch_dtype");
  private static final List<String> TOWERS = List.of("text_config", "vision_config");
  private static final ObjectMapper JSON = new ObjectMapper();

  private StoredType() {}

  /** Changes the type wherever it stands; a file that says so already stays as it is. */
  static void declare(Path configJson, DType type) throws IOException {
    String name = Objects.requireNonNull(NAMES.get(type), "a type that weights are written in");
    ObjectNode root = (ObjectNode) JSON.readTree(Files.readAllBytes(configJson));
    boolean changed = declare(root, name);
    for (String tower : TOWERS) {
      if (root.get(tower) instanceof ObjectNode node) {
        changed |= declare(node, name);
      }
    }
    if (changed) {
      String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      FileWrites.text(configJson, json + "\n");
    }
  }

  private static boolean declare(ObjectNode node, String name) {
    boolean changed = false;
    for (String key : KEYS) {
      if (node.hasNonNull(key) && !node.get(key).asText().equals(name)) {
        node.put(key, name);
        changed = true;
      }
    }
    return changed;
  }
}
