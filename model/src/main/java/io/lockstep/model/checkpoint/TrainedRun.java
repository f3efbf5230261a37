package io.lockstep.model.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.lockstep.model.context.ContextLimit;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * What serving has to know of the run that a checkpoint comes from, as its {@code run.yaml} says.
 *
 * @param length most tokens of a sample
 * @param computeType what it computed in; float32 where nothing is said
 * @param attention how attention was computed; as libtorch chooses where nothing is said
 */
record TrainedRun(OptionalInt length, Dtype computeType, Attention.Implementation attention) {

  /** What a checkpoint's run was told. */
  static final String RUN_CONFIG = "run.yaml";

  private static final String LENGTH = "global_max_length";
  private static final TrainedRun UNKNOWN =
      new TrainedRun(OptionalInt.empty(), Dtype.FLOAT32, Attention.Implementation.SDPA);
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  /**
   * The run of a model, or of a model with the adapter it is loaded with.
   *
   * @throws IOException naming the file, if it is there and is not YAML
   */
  static TrainedRun of(Path folder, Tuning tuning) throws IOException {
    Path own =
        tuning
            .stored()
            .map(adapter -> adapter.resolve(RUN_CONFIG))
            .filter(Files::exists)
            .orElseGet(() -> folder.resolve(RUN_CONFIG));
    return Files.exists(own) ? read(own) : UNKNOWN;
  }

  private static TrainedRun read(Path run) throws IOException {
    try {
      JsonNode recipe = YAML.readTree(Files.readString(run));
      JsonNode length = recipe.path(LENGTH);
      if (length.isMissingNode()) {
        // Runs of before have it in a section.
        length = recipe.path("training").path(LENGTH);
      }
      boolean bfloat16 =
          recipe.path("training").path("bf16").asBoolean()
              || recipe
                  .path("model")
                  .path("torch_dtype")
                  .asText()
                  .equals(Dtype.BFLOAT16.publicName());
      String named = recipe.path("model").path("attn_impl").asText();
      return new TrainedRun(
          length.canConvertToInt() ? OptionalInt.of(length.intValue()) : OptionalInt.empty(),
          bfloat16 ? Dtype.BFLOAT16 : Dtype.FLOAT32,
          Arrays.stream(Attention.Implementation.values())
              .filter(known -> known.publicName().equals(named))
              .findFirst()
              .orElse(Attention.Implementation.SDPA));
    } catch (JsonProcessingException e) {
      throw new IOException(run + " is not YAML: " + e.getOriginalMessage(), e);
    }
  }

  /** The limits of a model that was trained so. */
  ContextLimit limit(ModelConfig config) {
    return new ContextLimit(config.text().maxPositionEmbeddings(), length);
  }
}
