package io.lockstep.model.generate;

import java.util.Arrays;
import java.util.PriorityQueue;

/**
 * The tokens that may be drawn, with weights proportional to their probabilities; the most probable
 * token has weight 1.
 *
 * @param tokens token ids
 * @param weights as many, none negative
 */
@SuppressWarnings("ArrayRecordComponent")
record Candidates(int[] tokens, double[] weights) {

  private static final int TOKEN_BITS = 32;

  /**
   * The tokens that temperature, top-k and top-p leave of a row's logits [V]. Of equal logits the
   * lower token id counts as the more probable.
   */
  static Candidates of(float[] logits, DecodingOptions options) {
    boolean limited = options.topK() > 0 && options.topK() < logits.length;
    if (!limited && options.topP() == 1) {
      int[] all = new int[logits.length];
      Arrays.setAll(all, token -> token);
      return weighted(all, logits, options.temperature());
    }
    long[] ranked = limited ? best(logits, options.topK()) : all(logits);
    int[] tokens = new int[ranked.length];
    for (int i = 0; i < ranked.length; i++) {
      tokens[i] = token(ranked[ranked.length - 1 - i]);
    }
    return weighted(tokens, logits, options.temperature()).nucleus(options.topP());
  }

  private static Candidates weighted(int[] tokens, float[] logits, double temperature) {
    double highest = Double.NEGATIVE_INFINITY;
    for (int token : tokens) {
      highest = Math.max(highest, logits[token]);
    }
    double[] weights = new double[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      weights[i] = StrictMath.exp((logits[tokens[i]] - highest) / temperature);
    }
    return new Candidates(tokens, weights);
  }

  /** The first tokens, of tokens in the order of probability, that reach {@code share} together. */
  private Candidates nucleus(double share) {
    if (share == 1) {
      return this;
    }
    double enough = share * Arrays.stream(weights).sum();
    double sum = 0;
    int count = 0;
    while (count < tokens.length && sum < enough) {
      sum += weights[count++];
    }
    return new Candidates(Arrays.copyOf(tokens, count), Arrays.copyOf(weights, count));
  }

  /** All tokens, ranked, ascending. */
  private static long[] all(float[] logits) {
    long[] ranked = new long[logits.length];
    Arrays.setAll(ranked, token -> rank(logits[token], token));
    Arrays.sort(ranked);
    return ranked;
  }

  /** The {@code count} best tokens, ranked, ascending; without sorting the whole vocabulary. */
  private static long[] best(float[] logits, int count) {
    PriorityQueue<Long> kept = new PriorityQueue<>(count);
    for (int token = 0; token < logits.length; token++) {
      long rank = rank(logits[token], token);
      if (kept.size() < count) {
        kept.add(rank);
      } else if (rank > kept.element()) {
        kept.remove();
        kept.add(rank);
      }
    }
    long[] ranked = kept.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(ranked);
    return ranked;
  }

  /** A number that is higher for a higher logit and, of equal logits, for a lower token id. */
  private static long rank(float logit, int token) {
    // Adding 0 makes one zero of the two; negative floats ascend as their other bits descend.
    int bits = Float.floatToIntBits(logit + 0f);
    int ordered = bits < 0 ? ~bits ^ Integer.MIN_VALUE : bits;
    return ((long) ordered << TOKEN_BITS) | (Integer.MAX_VALUE - token);
  }

  private static int token(long rank) {
    return Integer.MAX_VALUE - (int) rank;
  }
}
