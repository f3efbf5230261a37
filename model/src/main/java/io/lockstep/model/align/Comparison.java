package io.lockstep.model.align;

import java.util.List;

/**
 * The outcome of comparing one thing.
 *
 * @param what its name: {@code text_layer_3}, {@code logits}, ...
 * @param kind what sort of thing it is
 * @param shape of both sides, or of the reference if they differ
 * @param difference largest absolute difference; infinite if nothing comparable stands there
 * @param relative the largest difference of a row as a share of the row's largest reference value;
 *     of a loss, of the largest logit; of a gradient, its distance as a share of the reference's
 *     norm
 * @param limit what was allowed, in words
 * @param verdict how it ended
 * @param note where the sides first differ, or why they can't be compared; may be empty
 */
public record Comparison(
    String what,
    Kind kind,
    List<Long> shape,
    double difference,
    double relative,
    String limit,
    Verdict verdict,
    String note) {

  public Comparison {
    shape = List.copyOf(shape);
  }

  /** Sorts of things. */
  public enum Kind {
    /** What goes into the network: tokens, labels, positions, pixels. */
    INPUT,
    /** The output of a layer. */
    LAYER,
    /** Logits, loss, generated tokens. */
    OUTPUT,
    /** The gradient of a parameter. */
    GRADIENT
  }

  /** How a comparison can end. */
  public enum Verdict {
    /** Equal to the bit. */
    IDENTICAL,
    /** Different by no more than rounding explains. */
    WITHIN_TOLERANCE,
    /** Different. */
    DIFFERS
  }

  /** Whether the sides agree. */
  public boolean agrees() {
    return verdict != Verdict.DIFFERS;
  }

  /** The same outcome with a word on where the note was taken; without a note nothing changes. */
  public Comparison noted(String where) {
    return note.isEmpty()
        ? this
        : new Comparison(
            what, kind, shape, difference, relative, limit, verdict, where + ", " + note);
  }

  /** The same outcome under another name. */
  public Comparison named(String name) {
    return new Comparison(name, kind, shape, difference, relative, limit, verdict, note);
  }
}
