package io.lockstep.model.checkpoint;

import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.config.Qwen25VlConfig;
import io.lockstep.model.config.Qwen3VlConfig;

/**
 * How a family's files call the parameters. Qwen2.5-VL is published, and saved, with names from
 * before its towers had a common prefix; both spellings can be read. Qwen3-VL has one.
 */
enum WeightNames {
  CURRENT,
  LEGACY;

  private static final String MODEL = "model.";
  private static final String VISUAL = "visual.";
  private static final String LANGUAGE = "language_model.";

  static WeightNames of(ModelConfig config) {
    return switch (config) {
      case Qwen25VlConfig qwen25 -> LEGACY;
      case Qwen3VlConfig qwen3 -> CURRENT;
    };
  }

  /** The parameter that a stored name means. */
  String parameter(String stored) {
    if (this == CURRENT) {
      return stored;
    }
    if (stored.startsWith(VISUAL)) {
      return MODEL + stored;
    }
    boolean bare =
        stored.startsWith(MODEL)
            && !stored.startsWith(MODEL + LANGUAGE)
            && !stored.startsWith(MODEL + VISUAL);
    return bare ? MODEL + LANGUAGE + stored.substring(MODEL.length()) : stored;
  }

  /** The name under which a parameter is stored. */
  String stored(String parameter) {
    if (this == CURRENT) {
      return parameter;
    }
    if (parameter.startsWith(MODEL + VISUAL)) {
      return parameter.substring(MODEL.length());
    }
    return parameter.startsWith(MODEL + LANGUAGE)
        ? MODEL + parameter.substring((MODEL + LANGUAGE).length())
        : parameter;
  }
}
