package io.lockstep.cli.quickstart;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.ConfigException;
import io.lockstep.data.file.FileWrites;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;

/** A shipped recipe, pointed at other data. */
final class Recipe {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Recipe() {}

  /** Writes {@code recipe} to {@code target} with other data, whole and with absolute paths. */
  static void write(Path recipe, Path trainJsonl, Path heldOutJsonl, Path target)
      throws IOException, ConfigException {
    ObjectNode pointed = JSON.createObjectNode();
    pointed.put("extends", recipe.toAbsolutePath().toString());
    pointed
        .putObject("data")
        .put("train_jsonl", trainJsonl.toAbsolutePath().toString())
        .put("val_jsonl", heldOutJsonl.toAbsolutePath().toString());
    Path folder = target.toAbsolutePath().resolveSibling("");
    // JSON is YAML.
    RunConfig whole = RunConfig.parse(pointed.toString(), target.toString(), folder);
    FileWrites.text(target, whole.toYaml());
  }
}
