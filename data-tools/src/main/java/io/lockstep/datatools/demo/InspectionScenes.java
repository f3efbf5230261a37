package io.lockstep.datatools.demo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The process that groups of inspection pictures come from: each group is a function of (seed,
 * split, group number).
 */
final class InspectionScenes {

  private static final long GROUPS = 101;
  private static final int MOST_ITEMS = 5;
  private static final double PASS = 0.5;
  private static final double FAULT = 0.45;

  /**
   * How a split's pictures are filled.
   *
   * @param shares how often each part is shown, in the order of {@link Part#ALL}
   * @param repeat how often an item is one more of a kind that the picture already shows
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Mix(double[] shares, double repeat) {

    /**
     * Held-out pictures have fewer plates than texts: a digit of a hand that was never trained on
     * is the one part that can't be told with certainty.
     */
    private static final Mix HELDOUT =
        new Mix(new double[] {0.16, 0.18, 0.18, 0.18, 0.18, 0.12}, 0.15);

    /** Several alike are rare, and trained on more often than they are met. */
    private static final Mix TRAIN = new Mix(HELDOUT.shares, 0.2);

    private static final Mix TEXT =
        new Mix(new double[] {0.32, 0.15, 0.15, 0.15, 0.15, 0.08}, 0.15);

    static Mix of(Split split) {
      return switch (split) {
        case TRAIN -> TRAIN;
        case HELDOUT -> HELDOUT;
        case TEXT -> TEXT;
      };
    }
  }

  /** Pictures of a group: {@value} or one more. */
  static final int SMALLEST_GROUP = 2;

  static final int LARGEST_GROUP = 3;

  private InspectionScenes() {}

  /**
   * Group {@code number} of a split. Its pictures are numbered so that no two of the split share a
   * stream.
   */
  static DemoGroup group(long seed, Split split, int number) {
    Rng rng = Rng.of(seed, split.key(), number, GROUPS);
    boolean pass = rng.chance(PASS);
    int pictures = SMALLEST_GROUP + rng.below(LARGEST_GROUP - SMALLEST_GROUP + 1);
    List<List<Item>> contents = new ArrayList<>();
    for (int i = 0; i < pictures; i++) {
      contents.add(items(rng, Mix.of(split), pass ? 0 : FAULT));
    }
    if (!pass && contents.stream().flatMap(List::stream).noneMatch(Item::faulty)) {
      spoilOne(rng, contents);
    }
    List<Scene> scenes = new ArrayList<>();
    for (int i = 0; i < pictures; i++) {
      scenes.add(new Scene(seed, split, number * LARGEST_GROUP + i, contents.get(i)));
    }
    return new DemoGroup(String.format(Locale.ROOT, "%s-%06d", split.label(), number), scenes);
  }

  private static List<Item> items(Rng rng, Mix mix, double fault) {
    List<Item> items = new ArrayList<>();
    for (int slot : rng.distinct(1 + rng.below(MOST_ITEMS), Scene.GRID * Scene.GRID)) {
      if (!items.isEmpty() && rng.chance(mix.repeat())) {
        items.add(rng.pick(items).inSlot(slot));
      } else {
        items.add(item(rng, mix.shares(), fault, slot));
      }
    }
    return items;
  }

  private static Item item(Rng rng, double[] shares, double fault, int slot) {
    Part part = Part.ALL.get(rng.weighted(shares));
    return part == Part.PLATE
        ? Item.plate(rng.below(10), slot)
        : Item.of(part, rng.chance(fault), slot);
  }

  /** Replaces an item of one picture by a faulty one. */
  private static void spoilOne(Rng rng, List<List<Item>> contents) {
    List<Item> items = rng.pick(contents);
    int at = rng.below(items.size());
    List<Part> parts = List.of(Part.HEXAGON, Part.CONNECTOR, Part.WIRE, Part.PANEL);
    items.set(at, Item.of(rng.pick(parts), true, items.get(at).slot()));
    items.sort(Comparator.comparingInt(Item::slot));
  }
}
