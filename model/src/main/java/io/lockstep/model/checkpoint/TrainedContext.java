package io.lockstep.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.network.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/** How long the samples were that a checkpoint learned from, as its {@code run.yaml} says. */
final class TrainedContext {

  /** What a checkpoint's run was told. */
  static final String RUN_CONFIG = "run.yaml";

  private static final String LENGTH = "global_max_length";

  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private TrainedContext() {}

  /**
   * The limits of a model, or of a model with the adapter it is loaded with.
   *
   * @throws IOException naming the file, if it is there and is not YAML
   */
  static ContextLimit limit(Path folder, Tuning tuning, ModelConfig config) throws IOException {
    Path own =
        tuning
            .stored()
            .map(adapter -> adapter.resolve(RUN_CONFIG))
            .filter(Files::exists)
            .orElseGet(() -> folder.resolve(RUN_CONFIG));
    return new ContextLimit(config.text().maxPositionEmbeddings(), trained(own));
  }

  private static OptionalInt trained(Path run) throws IOException {
    if (!Files.exists(run)) {
      return OptionalInt.empty();
    }
    try {
      JsonNode recipe = YAML.readTree(Files.readString(run));
      JsonNode length = recipe.path(LENGTH);
      if (length.isMissingNode()) {
        // Runs of before have it in a section.
        length = recipe.path("training").path(LENGTH);
      }
      return length.canConvertToInt() ? OptionalInt.of(length.intValue()) : OptionalInt.empty();
    } catch (JsonProcessingException e) {
      throw new IOException(run + " is not YAML: " + e.getOriginalMessage(), e);
    }
  }
}
