package io.lockstep.datatools.demo;

import java.util.Locale;

/** Which part of a demo data set something belongs to; each part has its own random streams. */
enum Split {
  TRAIN(0),
  HELDOUT(1),
  /** Text-only training records. */
  TEXT(2);

  private final long key;

  Split(long key) {
    this.key = key;
  }

  /** The split's part in the keys of random streams. */
  long key() {
    return key;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
