package io.lockstep.model.network;

import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.config.Qwen25VlConfig;
import io.lockstep.model.config.Qwen3VlConfig;
import io.lockstep.model.parameter.ParameterLayout;

/** The parameters of a model by its configuration, in the order in which they are computed with. */
public final class ModelLayout {

  static final String VISUAL = "model.visual.";
  static final String LANGUAGE = "model.language_model.";

  /** The output projection, where it is not the embedding table. */
  static final String HEAD = "lm_head";

  private ModelLayout() {}

  /** Names, shapes and places of all parameters. A tied head has no parameter of its own. */
  public static ParameterLayout of(ModelConfig config) {
    return new ParameterLayout(
        switch (config) {
          case Qwen25VlConfig qwen25 -> Qwen25VlLayout.of(qwen25);
          case Qwen3VlConfig qwen3 -> Qwen3VlLayout.of(qwen3);
        });
  }
}
