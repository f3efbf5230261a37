package io.lockstep.model.generate;

/**
 * Chooses a token from one row's logits.
 *
 * <p>A token is drawn by a race: each candidate arrives after an exponential time divided by its
 * probability, and the first one is taken, which happens with just that probability. Because each
 * token has a time of its own, logits that differ by a rounding change the choice only where two
 * arrivals are that close.
 */
final class TokenSampler {

  private final DecodingOptions options;

  TokenSampler(DecodingOptions options) {
    this.options = options;
  }

  /**
   * The next token.
   *
   * @param logits [V]
   * @param position how many tokens the answer has already
   * @throws IllegalArgumentException if a logit is not a number or is positive infinity
   */
  int choose(float[] logits, int position) {
    int best = mostProbable(logits);
    return options.isGreedy()
        ? best
        : draw(Candidates.of(logits, options), new TokenNoise(options.seed(), position));
  }

  /** Probability of a token among all by these logits [V]. */
  static double probability(float[] logits, int token) {
    double highest = logits[mostProbable(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += StrictMath.exp(logit - highest);
    }
    return StrictMath.exp(logits[token] - highest) / sum;
  }

  /** The lowest of the tokens with the highest logit. */
  private static int mostProbable(float[] logits) {
    int best = 0;
    for (int token = 0; token < logits.length; token++) {
      if (Float.isNaN(logits[token]) || logits[token] == Float.POSITIVE_INFINITY) {
        throw new IllegalArgumentException(
            "the model's logit of token %d is %s; its weights are broken"
                .formatted(token, logits[token]));
      }
      if (logits[token] > logits[best]) {
        best = token;
      }
    }
    return best;
  }

  private static int draw(Candidates candidates, TokenNoise noise) {
    int first = -1;
    double earliest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < candidates.tokens().length; i++) {
      int token = candidates.tokens()[i];
      double arrival = noise.exponential(token) / candidates.weights()[i];
      if (arrival < earliest || (arrival == earliest && token < first)) {
        first = token;
        earliest = arrival;
      }
    }
    return first;
  }
}
