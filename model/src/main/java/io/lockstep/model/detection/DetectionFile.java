package io.lockstep.model.detection;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.config.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code detection_head.json}: what a detection head is made of and what its captions mean. It lies
 * beside a model's files, which stay in the public layout; the head's tensors lie in {@code
 * detection_head.safetensors}.
 */
public final class DetectionFile {

  /** Its name in a model's folder. */
  public static final String FILE_NAME = "detection_head.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private DetectionFile() {}

  /**
   * The head of a model's folder; none if the model has none.
   *
   * @throws InvalidConfigException naming every key that is missing, unknown or impossible
   */
  public static Optional<DetectionConfig> read(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    StrictJson json = StrictJson.read(file);
    int queries = json.size("num_queries");
    int layers = json.size("layers");
    int heads = json.size("heads");
    int width = json.size("width");
    List<String> captions = json.strings("captions");
    String system = json.string("system");
    json.finish();
    try {
      return Optional.of(new DetectionConfig(queries, layers, heads, width, captions, system));
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(file, List.of(String.valueOf(e.getMessage())));
    }
  }

  /** Writes it into a folder and returns its name. */
  public static String write(Path folder, DetectionConfig head) throws IOException {
    ObjectNode node =
        JSON.createObjectNode()
            .put("num_queries", head.queries())
            .put("layers", head.layers())
            .put("heads", head.heads())
            .put("width", head.width())
            .put("system", head.system());
    ArrayNode captions = node.putArray("captions");
    head.captions().forEach(captions::add);
    FileWrites.text(
        folder.resolve(FILE_NAME),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n");
    return FILE_NAME;
  }
}
