package io.lockstep.datatools.demo;

import java.util.List;

/**
 * What one picture shows. Pixels follow from it: jitter, strokes and background are drawn from the
 * stream of (seed, split, index).
 *
 * @param items in reading order of their slots, one per slot at most
 */
record Scene(long seed, Split split, int index, List<Item> items) {

  /** Slots per side. */
  static final int GRID = 4;

  /** Pixels per side of a slot: one merged vision token of a model with patch 16 and merge 2. */
  static final int SLOT = 32;

  /** Pixels per side of a picture. */
  static final int SIZE = GRID * SLOT;

  Scene {
    items = List.copyOf(items);
  }

  /** The scene's random stream for one purpose. */
  Rng rng(long purpose) {
    return Rng.of(seed, split.key(), index, purpose);
  }
}
