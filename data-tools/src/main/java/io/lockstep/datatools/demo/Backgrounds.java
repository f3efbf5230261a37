package io.lockstep.datatools.demo;

import java.awt.Color;
import java.awt.Graphics2D;

/** What lies behind the parts: a cabinet over a photograph, or something plain. */
final class Backgrounds {

  private final Photos photos;

  Backgrounds(Photos photos) {
    this.photos = photos;
  }

  void paint(DemoStyle style, Rng rng, Canvas canvas) {
    switch (style) {
      case INSPECTION -> cabinet(rng, canvas);
      case PLAIN, COUNTED -> plain(rng, canvas);
    }
  }

  private void cabinet(Rng rng, Canvas canvas) {
    photos.crop(rng, 0, rng.between(0.5, 1.0), rng.between(-35, 35), canvas.rgb());
    Graphics2D g = canvas.graphics();
    int shade = 24 + rng.below(36);
    int alpha = 105 + rng.below(50);
    g.setColor(new Color(shade, shade + rng.below(8), shade + rng.below(16), alpha));
    g.fillRect(rng.below(5), rng.below(5), Scene.SIZE - rng.below(9), Scene.SIZE - rng.below(9));
    rails(rng, g);
  }

  /** Two uprights with holes, and the shelves between the rows of slots. */
  private static void rails(Rng rng, Graphics2D g) {
    int metal = 70 + rng.below(50);
    Color rail = new Color(metal, metal, metal + 6, 190);
    int width = 3 + rng.below(2);
    g.setColor(rail);
    g.fillRect(0, 0, width, Scene.SIZE);
    g.fillRect(Scene.SIZE - width, 0, width, Scene.SIZE);
    g.setColor(new Color(metal, metal, metal + 6, 120));
    for (int row = 1; row < Scene.GRID; row++) {
      g.fillRect(width, row * Scene.SLOT - 1, Scene.SIZE - 2 * width, 2);
    }
    g.setColor(new Color(20, 20, 20, 200));
    for (int y = 4 + rng.below(4); y < Scene.SIZE; y += 8) {
      g.fillRect(1, y, 2, 2);
      g.fillRect(Scene.SIZE - 3, y, 2, 2);
    }
  }

  private void plain(Rng rng, Canvas canvas) {
    switch (rng.weighted(0.15, 0.15, 0.15, 0.15, 0.4)) {
      case 0 -> gradient(canvas.rgb(), colour(rng), 0, 0, 0);
      case 1 -> {
        int from = colour(rng);
        gradient(canvas.rgb(), from, near(rng, from, 90), rng.below(2), rng.below(2));
      }
      case 2 -> noise(rng, canvas.rgb());
      case 3 -> stripes(rng, canvas.rgb());
      default ->
          photos.crop(rng, rng.below(4), rng.between(0.2, 0.9), rng.between(-60, 60), canvas.rgb());
    }
  }

  private static int colour(Rng rng) {
    return rng.below(256) << 16 | rng.below(256) << 8 | rng.below(256);
  }

  /** A colour whose channels differ by at most the given distance. */
  private static int near(Rng rng, int colour, int distance) {
    int near = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      int value = ((colour >>> shift) & 255) + rng.below(2 * distance + 1) - distance;
      near |= StrictMath.min(StrictMath.max(value, 0), 255) << shift;
    }
    return near;
  }

  /** From one colour to another, along x and y as the two switches say. */
  private static void gradient(int[] rgb, int from, int to, int alongX, int alongY) {
    int length = StrictMath.max(1, (Scene.SIZE - 1) * (alongX + alongY));
    for (int i = 0; i < rgb.length; i++) {
      int way = i % Scene.SIZE * alongX + i / Scene.SIZE * alongY;
      rgb[i] = Raster.blend(from, to, 256 * way / length);
    }
  }

  /** Random values on a coarse grid, smooth between its points. */
  private static void noise(Rng rng, int[] rgb) {
    int cells = 3 + rng.below(30);
    int base = colour(rng);
    int distance = 10 + rng.below(50);
    int[] values = new int[(cells + 2) * (cells + 2)];
    for (int i = 0; i < values.length; i++) {
      values[i] = near(rng, base, distance);
    }
    Raster coarse = new Raster(cells + 2, cells + 2, values);
    double step = (double) cells / Scene.SIZE;
    for (int i = 0; i < rgb.length; i++) {
      int row = i / Scene.SIZE;
      rgb[i] = coarse.at(i % Scene.SIZE * step, row * step);
    }
  }

  private static void stripes(Rng rng, int[] rgb) {
    int first = colour(rng);
    int second = near(rng, first, 60);
    int width = 3 + rng.below(20);
    int dx = rng.below(3) - 1;
    int dy = dx == 0 ? 1 : rng.below(2);
    for (int i = 0; i < rgb.length; i++) {
      int way = i % Scene.SIZE * dx + i / Scene.SIZE * dy + Scene.SIZE;
      rgb[i] = way / width % 2 == 0 ? first : second;
    }
  }
}
