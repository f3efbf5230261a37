package io.lockstep.datatools.demo;

import java.awt.Color;

/**
 * The colours of one part.
 *
 * @param main its body
 * @param accent its details, clearly apart from the body
 * @param edge its outline
 */
record Palette(Color main, Color accent, Color edge) {

  private static final Color DARK = new Color(18, 18, 22);
  private static final int JITTER = 14;

  /** Brightness in 0..255 that keeps random body and details apart. */
  private static final double LEAST_BRIGHT = 130;

  private static final double MOST_DARK = 60;

  static Palette of(DemoStyle style, Rng rng, Item item) {
    return switch (style) {
      case INSPECTION -> cabinet(rng, item);
      case PLAIN, COUNTED -> random(rng);
    };
  }

  /** What such a part looks like in a cabinet, a little lighter or darker each time. */
  private static Palette cabinet(Rng rng, Item item) {
    boolean faulty = item.faulty();
    return switch (item.part()) {
      case PLATE -> jitter(rng, 0xF2EFE2, 0x1E2238);
      case HEXAGON -> faulty ? jitter(rng, 0xE07A2A, 0x2A1408) : jitter(rng, 0xC4CCD4, 0x3A4450);
      case CONNECTOR -> faulty ? jitter(rng, 0xC23CB4, 0xFFE9A8) : jitter(rng, 0x2E8BE0, 0xFFE9A8);
      case WIRE -> faulty ? jitter(rng, 0xF0D22E, 0xE02C2C) : jitter(rng, 0xF0D22E, 0x35B04A);
      case PANEL -> faulty ? jitter(rng, 0xA8B0B8, 0x14161A) : jitter(rng, 0x8E9CAA, 0x2C343E);
      case BOX -> jitter(rng, 0x3E8E78, 0xE8F0B0);
    };
  }

  private static Palette jitter(Rng rng, int main, int accent) {
    return new Palette(jitter(rng, main), jitter(rng, accent), DARK);
  }

  private static Color jitter(Rng rng, int rgb) {
    int[] channels = new int[3];
    for (int i = 0; i < 3; i++) {
      int value = ((rgb >>> (16 - 8 * i)) & 255) + rng.below(2 * JITTER + 1) - JITTER;
      channels[i] = StrictMath.min(StrictMath.max(value, 0), 255);
    }
    return new Color(channels[0], channels[1], channels[2]);
  }

  /** Any bright colour with dark details, or the other way round. */
  private static Palette random(Rng rng) {
    Color bright = hsb(rng, 0.0, 0.85, 0.75, 1.0);
    while (luma(bright) < LEAST_BRIGHT) {
      bright = hsb(rng, 0.0, 0.85, 0.75, 1.0);
    }
    Color dark = hsb(rng, 0.0, 1.0, 0.05, 0.35);
    while (luma(dark) > MOST_DARK) {
      dark = hsb(rng, 0.0, 1.0, 0.05, 0.35);
    }
    return rng.chance(0.75) ? new Palette(bright, dark, DARK) : new Palette(dark, bright, bright);
  }

  private static Color hsb(Rng rng, double lowS, double highS, double lowB, double highB) {
    return Color.getHSBColor(
        (float) rng.unit(), (float) rng.between(lowS, highS), (float) rng.between(lowB, highB));
  }

  /** Brightness in 0..255 as the eye weighs it (ITU-R BT.601). */
  static double luma(Color colour) {
    return 0.299 * colour.getRed() + 0.587 * colour.getGreen() + 0.114 * colour.getBlue();
  }
}
