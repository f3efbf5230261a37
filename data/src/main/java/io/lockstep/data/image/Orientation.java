package io.lockstep.data.image;

/**
 * How stored pixels are turned for viewing: the values 1 to 8 of the EXIF tag Orientation, in
 * order.
 */
public enum Orientation {
  UPRIGHT(false, false, false),
  MIRRORED(false, true, false),
  TURNED_180(false, true, true),
  FLIPPED(false, false, true),
  TRANSPOSED(true, false, false),
  TURNED_RIGHT(true, true, false),
  TRANSVERSED(true, true, true),
  TURNED_LEFT(true, false, true);

  private final boolean transposes;
  private final boolean mirrors;
  private final boolean flips;

  /** First transposes, then mirrors left to right, then flips upside down. */
  Orientation(boolean transposes, boolean mirrors, boolean flips) {
    this.transposes = transposes;
    this.mirrors = mirrors;
    this.flips = flips;
  }

  /** The orientation of an EXIF value; values outside 1 to 8 mean nothing and turn nothing. */
  static Orientation ofExif(int value) {
    return value >= 1 && value <= values().length ? values()[value - 1] : UPRIGHT;
  }

  /** Whether width and height change places. */
  public boolean swapsSides() {
    return transposes;
  }

  /** The picture as it is to be seen; the given one itself if nothing is to be turned. */
  RgbImage apply(RgbImage stored) {
    if (this == UPRIGHT) {
      return stored;
    }
    int width = transposes ? stored.height() : stored.width();
    int height = transposes ? stored.width() : stored.height();
    int row = stored.width() * RgbImage.CHANNELS;
    int right = transposes ? row : RgbImage.CHANNELS;
    int down = transposes ? RgbImage.CHANNELS : row;
    int origin = (mirrors ? right * (width - 1) : 0) + (flips ? down * (height - 1) : 0);
    byte[] from = stored.rgb();
    byte[] to = new byte[from.length];
    int at = 0;
    for (int y = 0; y < height; y++) {
      int source = origin + (flips ? -down : down) * y;
      for (int x = 0; x < width; x++, source += mirrors ? -right : right) {
        to[at++] = from[source];
        to[at++] = from[source + 1];
        to[at++] = from[source + 2];
      }
    }
    return new RgbImage(width, height, to);
  }
}
