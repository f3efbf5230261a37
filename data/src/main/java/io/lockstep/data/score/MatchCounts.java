package io.lockstep.data.score;

/**
 * How objects that were answered match true ones; counts of several pictures add up.
 *
 * @param truths true objects
 * @param answered objects of answers
 * @param matched pairs of the one-to-one matching: one of each, with some overlap
 * @param found those of them with an IoU of at least {@link #FOUND_IOU}
 * @param described matched pairs with equal descriptions
 * @param iouSum the sum of IoUs of the matched pairs
 */
public record MatchCounts(
    long truths, long answered, long matched, long found, long described, double iouSum) {

  /** The overlap from which on an object counts as found. */
  public static final double FOUND_IOU = 0.5;

  /** Of no picture yet. */
  public static final MatchCounts NONE = new MatchCounts(0, 0, 0, 0, 0, 0);

  /** Both together. */
  public MatchCounts plus(MatchCounts other) {
    return new MatchCounts(
        truths + other.truths,
        answered + other.answered,
        matched + other.matched,
        found + other.found,
        described + other.described,
        iouSum + other.iouSum);
  }

  /** The mean IoU of the matched pairs; not a number if there are none. */
  public double meanIou() {
    return iouSum / matched;
  }

  /** The share of answered objects that are found true ones; not a number if none was answered. */
  public double precision() {
    return (double) found / answered;
  }

  /** The share of true objects that are found; not a number if there are none. */
  public double recall() {
    return (double) found / truths;
  }

  /** {@code 2 found / (truths + answered)}; not a number if there are neither. */
  public double f1() {
    return 2.0 * found / (truths + answered);
  }

  /** The share of matched pairs with equal descriptions; not a number if there are none. */
  public double captionMatch() {
    return (double) described / matched;
  }

  /** Whether every true object is found, by its description too, and nothing else was answered. */
  public boolean isPerfect() {
    return found == truths && found == answered && described == matched;
  }
}
