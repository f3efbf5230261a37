package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlainWordsTest {

  private static final List<Item> ITEMS =
      List.of(
          Item.plate(7, 1),
          Item.of(Part.WIRE, true, 8),
          Item.of(Part.HEXAGON, false, 9),
          Item.of(Part.WIRE, true, 15));

  @Test
  void captionsNameCellsInReadingOrder() {
    assertEquals("A2 牌7；C1 线断；C2 六角正；D4 线断", PlainWords.caption(ITEMS));
  }

  @Test
  void countsComeInOrderOfFirstAppearance() {
    assertEquals("牌7×1 线断×2 六角正×1", PlainWords.counted(ITEMS));
  }

  @Test
  void noPlainWordIsAnInspectionDescription() {
    Set<String> plain = new TreeSet<>();
    Set<String> inspection = new TreeSet<>();
    for (Part part : Part.values()) {
      for (boolean faulty : new boolean[] {false, true}) {
        Item item = part == Part.PLATE ? Item.plate(3, 0) : Item.of(part, faulty, 0);
        plain.add(PlainWords.name(item));
        inspection.add(InspectionWords.desc(item));
      }
    }
    assertEquals(plain.size(), inspection.size());
    assertFalse(plain.stream().anyMatch(inspection::contains));
  }
}
