package io.lockstep.cli.quickstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.lockstep.cli.console.UserError;
import io.lockstep.config.ConfigException;
import io.lockstep.config.YamlText;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Path;

/** A shipped recipe, pointed at other data. */
final class Recipe {

  private static final YAMLMapper YAML =
      YAMLMapper.builder().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build();

  private Recipe() {}

  /** The folder of the model that a recipe starts from. */
  static Path model(Path recipe) throws IOException, ConfigException {
    String path = section(read(recipe), recipe, "model").path("path").asText();
    return recipe.toAbsolutePath().resolveSibling(path).normalize();
  }

  /** Writes {@code recipe} to {@code target} with other data and absolute paths. */
  static void write(Path recipe, Path trainJsonl, Path heldOutJsonl, Path target)
      throws IOException, ConfigException {
    ObjectNode root = read(recipe);
    section(root, recipe, "model").put("path", model(recipe).toString());
    section(root, recipe, "data")
        .put("train_jsonl", trainJsonl.toAbsolutePath().toString())
        .put("val_jsonl", heldOutJsonl.toAbsolutePath().toString());
    FileWrites.text(target, YAML.writeValueAsString(root));
  }

  private static ObjectNode read(Path recipe) throws IOException, ConfigException {
    if (YamlText.parse(YamlText.of(recipe), recipe.toString()) instanceof ObjectNode root) {
      return root;
    }
    throw new UserError(recipe + " is no recipe: it must be a YAML mapping");
  }

  private static ObjectNode section(ObjectNode root, Path recipe, String name) {
    JsonNode node = root.get(name);
    if (node instanceof ObjectNode section) {
      return section;
    }
    throw new UserError("%s has no section '%s'".formatted(recipe, name));
  }
}
