package io.lockstep.data.sample;

import java.util.Locale;

/** What sample pictures show. */
public enum Style {
  /** Plain shapes and digits with captions: what a base model learns to see from. */
  PLAIN,
  /** A telecom cabinet with defects, in groups that pass or fail: what users fine-tune on. */
  INSPECTION;

  /** The name used on the command line: {@code plain} or {@code inspection}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The style of that name.
   *
   * @throws IllegalArgumentException for any name but {@code plain} and {@code inspection}
   */
  public static Style parse(String label) {
    for (Style style : values()) {
      if (style.label().equals(label)) {
        return style;
      }
    }
    throw new IllegalArgumentException("unknown style \"" + label + "\"; use plain or inspection");
  }
}
