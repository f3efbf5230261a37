package io.lockstep.datatools.demo;

import java.util.Locale;

/** What demo pictures show. */
public enum DemoStyle {
  /** Plain shapes and digits with captions: what a base model learns to see from. */
  PLAIN,
  /**
   * The plain pictures again, each with a counted list of its shapes: what a base model learns to
   * sum up from.
   */
  COUNTED,
  /** A telecom cabinet with defects, in groups that pass or fail: what users fine-tune on. */
  INSPECTION;

  /** The name used on the command line: {@code plain}, {@code counted} or {@code inspection}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The style of that name.
   *
   * @throws IllegalArgumentException for any other name
   */
  public static DemoStyle parse(String label) {
    for (DemoStyle style : values()) {
      if (style.label().equals(label)) {
        return style;
      }
    }
    throw new IllegalArgumentException(
        "unknown style \"" + label + "\"; use plain, counted or inspection");
  }
}
