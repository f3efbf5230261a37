package io.lockstep.datatools.demo;

import java.util.List;

/** The things that are drawn. All but the plate and the box have a sound and a faulty form. */
enum Part {
  PLATE(false),
  HEXAGON(true),
  CONNECTOR(true),
  WIRE(true),
  PANEL(true),
  BOX(false);

  /** Every part, in the order in which the scenes list their weights. */
  static final List<Part> ALL = List.of(values());

  private final boolean canFail;

  Part(boolean canFail) {
    this.canFail = canFail;
  }

  boolean canFail() {
    return canFail;
  }
}
