package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScenePainterTest {

  private static final int SLOT_NUMBER = 6;
  private static final int TRIES = 150;

  @ParameterizedTest
  @EnumSource
  void partsAreSeenAndStayInTheirSlot(Part part) throws IOException {
    ScenePainter painter = ScenePainter.load();
    for (int i = 0; i < TRIES; i++) {
      Item item =
          part == Part.PLATE
              ? Item.plate(i % 10, SLOT_NUMBER)
              : Item.of(part, i % 2 == 0, SLOT_NUMBER);
      DemoStyle style = i % 3 == 0 ? DemoStyle.INSPECTION : DemoStyle.PLAIN;
      BufferedImage with = paint(painter, style, i, List.of(item));
      BufferedImage without = paint(painter, style, i, List.of());
      assertEquals(0, differences(with, without, false), "outside the slot: " + item);
      assertTrue(differences(with, without, true) > 100, "inside the slot: " + item);
    }
  }

  private static BufferedImage paint(
      ScenePainter painter, DemoStyle style, int index, List<Item> items) {
    return painter.paint(style, new Scene(1, Split.TRAIN, index, items)).image();
  }

  private static int differences(BufferedImage a, BufferedImage b, boolean inSlot) {
    int count = 0;
    for (int y = 0; y < Scene.SIZE; y++) {
      for (int x = 0; x < Scene.SIZE; x++) {
        boolean inside = y / Scene.SLOT * Scene.GRID + x / Scene.SLOT == SLOT_NUMBER;
        count += inside == inSlot && a.getRGB(x, y) != b.getRGB(x, y) ? 1 : 0;
      }
    }
    return count;
  }
}
