package io.lockstep.model.family;

import io.lockstep.model.config.InertKeys;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.detection.DetectionFile;
import io.lockstep.model.family.qwen25vl.Qwen25VlFamily;
import io.lockstep.model.family.qwen3vl.Qwen3VlFamily;
import io.lockstep.model.family.qwen3vlmoe.Qwen3VlMoeFamily;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.ModelFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The families of models there are: a new one is a folder beside this file and a line in it. */
public final class ModelFamilies {

  private static final List<ModelFamily> ALL =
      List.of(new Qwen25VlFamily(), new Qwen3VlFamily(), new Qwen3VlMoeFamily());

  /** Says that the stored weights are none of the types that are read. */
  private static final String QUANTIZATION = "quantization_config";

  private ModelFamilies() {}

  /**
   * Reads {@code config.json}, and the sizes of a detection head that lies beside it. Keys that are
   * null count as absent, and those that change nothing in what is computed may stand at any level.
   *
   * @throws InvalidConfigException naming every missing key, unsupported value and unknown key
   */
  public static ModelConfig read(Path configJson) throws IOException {
    ModelConfig model = parse(configJson, StrictJson.read(configJson, InertKeys::contains));
    return DetectionFile.read(configJson.toAbsolutePath().resolveSibling(""))
        .map(model::detecting)
        .orElse(model);
  }

  /** The model that a {@code config.json} tells, without what lies beside it. */
  static ModelConfig parse(Path configJson, StrictJson json) throws InvalidConfigException {
    if (json.has(QUANTIZATION)) {
      json.inert(QUANTIZATION);
      json.problem(
          QUANTIZATION,
          "is not supported: save the model with its weights in float32, bfloat16 or float16");
    }
    String type = json.string("model_type");
    for (ModelFamily family : ALL) {
      if (family.modelType().equals(type)) {
        return family.parse(json);
      }
    }
    throw new InvalidConfigException(
        configJson,
        List.of(
            "model_type is '%s' but must be one of %s"
                .formatted(
                    type,
                    ALL.stream().map(ModelFamily::modelType).collect(Collectors.joining(", ")))));
  }
}
