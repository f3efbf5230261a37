package io.lockstep.datatools.demo;

/**
 * A thing in a slot of a scene.
 *
 * @param part what it is
 * @param digit 0..9 on a plate, {@link #NO_DIGIT} on anything else
 * @param faulty whether it is drawn in its faulty form
 * @param slot 0..15, in reading order over the 4x4 grid
 */
record Item(Part part, int digit, boolean faulty, int slot) {

  static final int NO_DIGIT = -1;

  Item {
    if ((part == Part.PLATE) != (digit >= 0 && digit <= 9)) {
      throw new IllegalArgumentException(part + " with digit " + digit);
    }
    if (faulty && !part.canFail()) {
      throw new IllegalArgumentException(part + " has no faulty form");
    }
  }

  static Item plate(int digit, int slot) {
    return new Item(Part.PLATE, digit, false, slot);
  }

  static Item of(Part part, boolean faulty, int slot) {
    return new Item(part, NO_DIGIT, faulty && part.canFail(), slot);
  }

  int row() {
    return slot / Scene.GRID;
  }

  int column() {
    return slot % Scene.GRID;
  }

  Item inSlot(int other) {
    return new Item(part, digit, faulty, other);
  }
}
