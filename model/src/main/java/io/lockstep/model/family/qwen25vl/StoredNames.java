package io.lockstep.model.family.qwen25vl;

/**
 * How files call the parameters: Qwen2.5-VL is published, and saved, with names from before its
 * towers had a common prefix. Both spellings can be read.
 */
final class StoredNames {

  private static final String MODEL = "model.";
  private static final String VISUAL = "visual.";
  private static final String LANGUAGE = "language_model.";

  private StoredNames() {}

  /** The parameter that a stored name means. */
  static String parameter(String stored) {
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
  static String stored(String parameter) {
    if (parameter.startsWith(MODEL + VISUAL)) {
      return parameter.substring(MODEL.length());
    }
    return parameter.startsWith(MODEL + LANGUAGE)
        ? MODEL + parameter.substring((MODEL + LANGUAGE).length())
        : parameter;
  }
}
