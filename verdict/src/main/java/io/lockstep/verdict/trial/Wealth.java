package io.lockstep.verdict.trial;

/**
 * How much chance may still be taken for a finding. Every change is tried on the same tickets; of
 * many that do nothing, some look good. Each test in vain costs, each change taken earns, so that a
 * model whose proposals are worthless soon has none taken: alpha-investing (Foster and Stine,
 * "α-investing: a procedure for sequential control of expected false discoveries", JRSS B 2008).
 * Immutable.
 *
 * @param wealth what is left
 */
public record Wealth(double wealth) {

  private static final double SPENT = 0.3;
  private static final double EARNED = 0.25;
  private static final double LEAST = 0.04;
  private static final double MOST = 0.15;

  /** The probability of a change that does nothing, up to which the next one is taken. */
  public double level() {
    return Math.clamp(wealth * SPENT, LEAST, MOST);
  }

  /** What is left after a test at {@link #level}. */
  public Wealth after(boolean taken) {
    double level = level();
    return new Wealth(taken ? wealth + EARNED : wealth - level / (1 - level));
  }

  /**
   * The probability that a change which does nothing puts at least so many of the groups right that
   * it flips: the exact sign test.
   */
  public static double chance(int helped, int harmed) {
    int flips = helped + harmed;
    double all = 0;
    double ways = 1;
    for (int right = 0; right <= flips; right++) {
      all += right >= helped ? ways : 0;
      ways = ways * (flips - right) / (right + 1);
    }
    return Math.min(1, all * StrictMath.pow(0.5, flips));
  }
}
