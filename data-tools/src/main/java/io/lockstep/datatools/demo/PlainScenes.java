package io.lockstep.datatools.demo;

import java.util.ArrayList;
import java.util.List;

/** The process that plain scenes come from: each is a function of (seed, split, index). */
final class PlainScenes {

  private static final long ITEMS = 102;
  private static final int MOST_ITEMS = 8;
  private static final double FAULT = 0.5;

  /**
   * How often an item is one more of a kind that the picture already shows, so that there is
   * something to count.
   */
  private static final double REPEAT = 0.2;

  private PlainScenes() {}

  static Scene scene(long seed, Split split, int index) {
    return new Scene(seed, split, index, items(Rng.of(seed, split.key(), index, ITEMS)));
  }

  /** 1 to 8 items in reading order of their slots. */
  static List<Item> items(Rng rng) {
    List<Item> items = new ArrayList<>();
    for (int slot : rng.distinct(1 + rng.below(MOST_ITEMS), Scene.GRID * Scene.GRID)) {
      if (!items.isEmpty() && rng.chance(REPEAT)) {
        items.add(rng.pick(items).inSlot(slot));
      } else {
        items.add(item(rng, slot));
      }
    }
    return items;
  }

  private static Item item(Rng rng, int slot) {
    Part part = Part.ALL.get(rng.weighted(0.42, 0.13, 0.13, 0.13, 0.13, 0.06));
    return part == Part.PLATE
        ? Item.plate(rng.below(10), slot)
        : Item.of(part, rng.chance(FAULT), slot);
  }
}
