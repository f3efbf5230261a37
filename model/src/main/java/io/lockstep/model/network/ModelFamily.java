package io.lockstep.model.network;

import io.lockstep.model.config.StrictJson;

/** A family of models: what reads its {@code config.json}. The rest, the configuration tells. */
public interface ModelFamily {

  /** Its name in {@code config.json}, under {@code model_type}. */
  String modelType();

  /** Reads {@code config.json} strictly: every key that is not understood becomes a problem. */
  ModelConfig parse(StrictJson json);
}
