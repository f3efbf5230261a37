package io.lockstep.datatools.demo;

import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.RgbImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Real photographs for backgrounds, at full size and halved again and again, so that crops shrink
 * without aliasing.
 */
final class Photos {

  private static final List<String> NAMES =
      List.of("coffee", "chelsea", "rocket", "brick", "grass", "gravel");

  /** Sizes kept of each photograph, each half the one before. */
  private static final int LEVELS = 6;

  /** Smallest crop, in pixels of the full photograph. */
  private static final int SMALLEST_CROP = 96;

  private static final int MID_GREY = 128;

  private final List<List<Raster>> photos;

  private Photos(List<List<Raster>> photos) {
    this.photos = photos;
  }

  static Photos load() throws IOException {
    List<List<Raster>> photos = new ArrayList<>();
    ImageDecoder decoder = new ImageDecoder(DecodeLimits.DEFAULT);
    for (String name : NAMES) {
      try (InputStream stream = Resources.open("photos/" + name + ".jpg")) {
        byte[] encoded = stream.readAllBytes();
        photos.add(levels(decoder.decode(new ImageSource.Bytes(name + ".jpg", encoded))));
      }
    }
    return new Photos(photos);
  }

  private static List<Raster> levels(RgbImage image) {
    List<Raster> levels = new ArrayList<>();
    levels.add(new Raster(image.width(), image.height(), image.packed()));
    while (levels.size() < LEVELS) {
      levels.add(levels.getLast().halved());
    }
    return levels;
  }

  /**
   * Fills a picture with a random square crop, mirrored half the time.
   *
   * @param blur how many halvings to lose on top of those that the crop's size asks for
   * @param contrast factor on the distance to mid-grey
   * @param brightness added afterwards
   * @param out {@link Scene#SIZE} squared pixels
   */
  void crop(Rng rng, int blur, double contrast, double brightness, int[] out) {
    List<Raster> levels = rng.pick(photos);
    Raster full = levels.getFirst();
    double side = rng.between(SMALLEST_CROP, StrictMath.min(full.width, full.height));
    double left = rng.between(0, full.width - side);
    double top = rng.between(0, full.height - side);
    boolean mirrored = rng.chance(0.5);
    int level = blur;
    for (double step = side / Scene.SIZE; step > 1.5 && level < LEVELS - 1; step /= 2) {
      level++;
    }
    Raster raster = levels.get(StrictMath.min(level, LEVELS - 1));
    double unit = (double) raster.width / full.width;
    double step = side * unit / Scene.SIZE;
    int[] tone = tone(contrast, brightness);
    for (int y = 0; y < Scene.SIZE; y++) {
      double sy = top * unit + (y + 0.5) * step - 0.5;
      for (int x = 0; x < Scene.SIZE; x++) {
        int column = mirrored ? Scene.SIZE - 1 - x : x;
        int rgb = raster.at(left * unit + (column + 0.5) * step - 0.5, sy);
        out[y * Scene.SIZE + x] =
            tone[rgb >>> 16] << 16 | tone[(rgb >>> 8) & 255] << 8 | tone[rgb & 255];
      }
    }
  }

  private static int[] tone(double contrast, double brightness) {
    int[] tone = new int[256];
    for (int i = 0; i < tone.length; i++) {
      double value = (i - MID_GREY) * contrast + MID_GREY + brightness;
      tone[i] = (int) StrictMath.min(StrictMath.max(value, 0), 255);
    }
    return tone;
  }
}
