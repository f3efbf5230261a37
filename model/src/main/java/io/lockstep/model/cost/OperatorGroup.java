package io.lockstep.model.cost;

import java.util.Locale;

/** Operators that do the same kind of work, in the order in which tables show them. */
public enum OperatorGroup {
  /** Products with weights, but for the head's. */
  PRODUCTS("matrix products"),
  /** What attention computes between its products with weights. */
  ATTENTION("attention"),
  /** Norms, activations, rotations, sums and the embedding. */
  ELEMENTWISE("norms and elementwise"),
  /** From the last hidden states to the loss and back. */
  HEAD("head and loss"),
  /** The norm of the gradient, and the update. */
  OPTIMIZER("optimizer"),
  /** From one place in memory to another. */
  COPIES("copies");

  private final String title;

  OperatorGroup(String title) {
    this.title = title;
  }

  /** For people. */
  public String title() {
    return title;
  }

  /** For programs. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
