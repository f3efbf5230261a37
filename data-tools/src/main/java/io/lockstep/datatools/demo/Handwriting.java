package io.lockstep.datatools.demo;

/**
 * How one digit is written: as somebody wrote it, or, for practice, slanted, narrowed and halfway
 * to how somebody else of the same split wrote that digit. Practising on more hands than there are
 * in the data is what lets a model read a hand that it has never seen.
 *
 * @param row the stroke image
 * @param other another one of the same digit
 * @param share how much of the ink is the other's, 0 to 1
 * @param slant cells that the digit leans to the right for every cell upwards
 * @param width its width against that of the stroke image
 */
record Handwriting(Digits digits, int row, int other, double share, double slant, double width) {

  private static final double MOST_SHARE = 0.35;
  private static final double MOST_SLANT = 0.15;
  private static final double NARROWEST = 0.85;
  private static final double WIDEST = 1.05;

  /** A stroke image of the split, unchanged. */
  static Handwriting asWritten(Digits digits, Rng rng, int digit, Split split) {
    int row = digits.pickRow(rng, digit, split);
    return new Handwriting(digits, row, row, 0, 0, 1);
  }

  /** A hand between two of the split. */
  static Handwriting varied(Digits digits, Rng rng, int digit, Split split) {
    return new Handwriting(
        digits,
        digits.pickRow(rng, digit, split),
        digits.pickRow(rng, digit, split),
        rng.chance(0.5) ? rng.between(0, MOST_SHARE) : 0,
        rng.between(-MOST_SLANT, MOST_SLANT),
        rng.between(NARROWEST, WIDEST));
  }

  /**
   * Ink in 0..1 at a position against the middle of the digit.
   *
   * @param x to the right, in cells of a stroke image
   * @param y downwards, likewise
   */
  double ink(double x, double y) {
    double middle = Digits.SIDE / 2.0;
    double u = (x + slant * y) / width + middle;
    double v = y + middle;
    double ink = digits.ink(row, u, v);
    return share == 0 ? ink : (1 - share) * ink + share * digits.ink(other, u, v);
  }
}
