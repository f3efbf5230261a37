package io.lockstep.data.sample;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns scenes into pictures. One painter serves any number of threads: all it holds is read-only.
 */
final class ScenePainter {

  private static final long BACKGROUND = 0;

  private final Backgrounds backgrounds;
  private final PartPainter parts;

  private ScenePainter(Backgrounds backgrounds, PartPainter parts) {
    this.backgrounds = backgrounds;
    this.parts = parts;
  }

  static ScenePainter load() throws IOException {
    return new ScenePainter(new Backgrounds(Photos.load()), new PartPainter(Digits.load()));
  }

  /**
   * A painted scene.
   *
   * @param outlines where the scene's items lie, in their order
   */
  record Picture(BufferedImage image, List<Outline> outlines) {

    Picture {
      outlines = List.copyOf(outlines);
    }
  }

  Picture paint(Style style, Scene scene) {
    try (Canvas canvas = new Canvas()) {
      backgrounds.paint(style, scene.rng(BACKGROUND), canvas);
      List<Outline> outlines = new ArrayList<>();
      for (Item item : scene.items()) {
        outlines.add(parts.paint(style, scene, item, canvas));
      }
      return new Picture(canvas.image(), outlines);
    }
  }
}
