package io.lockstep.model.align;

import io.lockstep.model.align.Compare.Floats;

/**
 * How the two sides of a row differ.
 *
 * @param largest largest absolute value of the reference
 * @param difference largest absolute difference; infinite where one side is not a number
 * @param at flat index of that difference; negative if the row is equal to the bit
 */
record RowDifference(double largest, double difference, long at) {

  static final RowDifference EQUAL = new RowDifference(0, 0, -1);

  static RowDifference of(Floats reference, Floats actual, long first, long width) {
    double largest = 0;
    double worst = 0;
    long worstAt = -1;
    for (long i = first; i < first + width; i++) {
      float wanted = reference.at(i);
      float got = actual.at(i);
      if (Float.floatToRawIntBits(wanted) != Float.floatToRawIntBits(got)) {
        double off = larger(worst, Math.abs((double) wanted - got));
        if (off != worst || worstAt < 0) {
          worst = off;
          worstAt = i;
        }
      }
      largest = Math.max(largest, Math.abs(wanted));
    }
    return new RowDifference(largest, worst, worstAt);
  }

  /** Whether this is more than another one, each as a multiple of what its row may differ by. */
  boolean worseThan(RowDifference other, double limit, double limitOfOther) {
    return at >= 0 && (other.at < 0 || share() * limitOfOther > other.share() * limit);
  }

  /** The difference as a share of the largest value; infinite if that is not a number. */
  double share() {
    double share = difference == 0 ? 0 : difference / largest;
    return Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
  }

  /** The larger of two differences; NaN counts as infinite. */
  static double larger(double worst, double off) {
    return Double.isNaN(off) ? Double.POSITIVE_INFINITY : Math.max(worst, off);
  }
}
