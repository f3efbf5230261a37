package io.lockstep.verdict.guidance;

import io.lockstep.config.Key;

/**
 * A numbered item of a guidance.
 *
 * @param key {@code S1} and on: structural, read-only; {@code G0}: the check list, which may be
 *     reworded; {@code G1} and on: learned
 * @param text one line
 * @param helped groups whose verdict is right with it and wrong without it, when last counted
 * @param harmed groups whose verdict is wrong with it and right without it, when last counted
 */
public record GuidanceItem(
    @Key(
            value =
                "`S1` and on: structural, never changed; `G0`: the check list, reworded at most; `G1` and on: what is learned.",
            pattern = "S[1-9]\\d*|G\\d+",
            patternInWords = "S1, S2, ... or G0, G1, ...")
        String key,
    @Key("One line for the model.") String text,
    @Key(
            value = "Groups whose verdict is right with it and wrong without it.",
            otherwise = "0",
            min = 0)
        int helped,
    @Key(
            value = "Groups whose verdict is wrong with it and right without it.",
            otherwise = "0",
            min = 0)
        int harmed) {

  /** An item that was never counted. */
  public GuidanceItem(String key, String text) {
    this(key, text, 0, 0);
  }

  /** Whether no reflection may change it. */
  public boolean isStructural() {
    return key.startsWith("S");
  }

  /** Whether it is the check list. */
  public boolean isCheckList() {
    return key.equals(Guidance.CHECK_LIST);
  }

  GuidanceItem withText(String other) {
    return new GuidanceItem(key, other);
  }

  GuidanceItem counted(int help, int harm) {
    return new GuidanceItem(key, text, help, harm);
  }
}
