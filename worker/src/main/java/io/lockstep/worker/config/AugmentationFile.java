package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.ConfigException;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import io.lockstep.config.YamlText;
import io.lockstep.data.augment.AugmentationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a recipe's augmentation is written: in {@code data.augmentation} or {@code augmentation},
 * or in a file of its own that {@code data.augmentation} names and whose one key is {@code
 * augmentation}.
 */
public final class AugmentationFile implements Form<AugmentationConfig> {

  private static final String KEY = "augmentation";
  private static final String DATA = "data";

  /**
   * The augmentation of a file: a recipe, or a file with augmentation alone.
   *
   * @throws ConfigException with every problem of it, or if the file has none
   */
  public static AugmentationConfig read(Path file) throws IOException, ConfigException {
    List<String> problems = new ArrayList<>();
    JsonNode root = tree(file, problems);
    JsonNode block = root.has(KEY) ? root.get(KEY) : root.path(DATA).path(KEY);
    if (problems.isEmpty() && block.isMissingNode()) {
      problems.add("has neither " + KEY + " nor " + DATA + "." + KEY);
    }
    AugmentationConfig config =
        problems.isEmpty()
            ? block(block, file.toAbsolutePath().resolveSibling(""), problems)
            : AugmentationConfig.NONE;
    if (!problems.isEmpty()) {
      throw new ConfigException(file.toString(), problems);
    }
    return config;
  }

  @Override
  public Optional<AugmentationConfig> read(JsonNode value, Place place) {
    List<String> problems = new ArrayList<>();
    AugmentationConfig config = block(value, place.resolve(""), problems);
    problems.forEach(place::report);
    return problems.isEmpty() ? Optional.of(config) : Optional.empty();
  }

  @Override
  public JsonNode write(AugmentationConfig value) {
    return value.toJson();
  }

  @Override
  public AugmentationConfig whenFaulty() {
    return AugmentationConfig.NONE;
  }

  @Override
  public String words() {
    return "a mapping with operators, or the path of a file that holds one under `" + KEY + "`";
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.putArray("type").add("object").add("string");
    return schema;
  }

  private static AugmentationConfig block(JsonNode block, Path folder, List<String> problems) {
    if (!block.isTextual()) {
      return AugmentationConfig.read(block, problems);
    }
    Path file = folder.resolve(block.textValue()).normalize();
    if (!Files.isRegularFile(file)) {
      problems.add(DATA + "." + KEY + " names " + file + ", which does not exist");
      return AugmentationConfig.NONE;
    }
    List<String> found = new ArrayList<>();
    try {
      JsonNode root = tree(file, found);
      root.fieldNames()
          .forEachRemaining(key -> {
            if (!key.equals(KEY)) {
              found.add("unknown key " + key + ": the file's one key is " + KEY);
            }
          });
      return found.isEmpty()
          ? AugmentationConfig.read(root.path(KEY), found)
          : AugmentationConfig.NONE;
    } catch (ConfigException e) {
      problems.add(String.valueOf(e.getMessage()));
      return AugmentationConfig.NONE;
    } catch (IOException e) {
      found.add("can't be read: " + e.getMessage());
      return AugmentationConfig.NONE;
    } finally {
      found.forEach(problem -> problems.add(file + ": " + problem));
    }
  }

  private static JsonNode tree(Path file, List<String> problems)
      throws IOException, ConfigException {
    JsonNode tree = YamlText.parse(YamlText.of(file), file.toString());
    if (!tree.isObject()) {
      problems.add("must be a mapping of keys to values");
    }
    return tree;
  }
}
