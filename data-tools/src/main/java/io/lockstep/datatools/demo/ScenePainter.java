package io.lockstep.datatools.demo;

import io.lockstep.data.geometry.Geometry;
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
   * @param geometries where the scene's items lie, in their order
   */
  record Picture(BufferedImage image, List<Geometry> geometries) {

    Picture {
      geometries = List.copyOf(geometries);
    }
  }

  Picture paint(DemoStyle style, Scene scene) {
    try (Canvas canvas = new Canvas()) {
      backgrounds.paint(style, scene.rng(BACKGROUND), canvas);
      List<Geometry> geometries = new ArrayList<>();
      for (Item item : scene.items()) {
        geometries.add(parts.paint(style, scene, item, canvas));
      }
      return new Picture(canvas.image(), geometries);
    }
  }
}
