package io.lockstep.model.budget;

import io.lockstep.model.image.Patches;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The share of a picture's vision tokens that the language model sees: those with the highest score
 * by {@link LocalContrast}, in their order.
 *
 * <p>The score looks at the picture alone. What is kept is therefore known before the model runs,
 * and is the same in training and serving, in any batch and on any machine.
 *
 * @param share more than 0, at most 1
 */
public record TokenBudget(double share) {

  /** Every token is kept. */
  public static final TokenBudget ALL = new TokenBudget(1);

  /** Checks the range. */
  public TokenBudget {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "a token budget must be more than 0 and at most 1, not " + share);
    }
  }

  /** Whether nothing is left out. */
  public boolean isAll() {
    return share == 1;
  }

  /**
   * {@code ceil(share * tokens)} of the share as it is written: a tenth of 30 is 3, although the
   * nearest double is a little more than a tenth.
   */
  public int count(int tokens) {
    return BigDecimal.valueOf(share)
        .multiply(BigDecimal.valueOf(tokens))
        .setScale(0, RoundingMode.CEILING)
        .intValueExact();
  }

  /**
   * Chooses among a picture's tokens.
   *
   * @param mergeSize side, in patches, of the square that becomes one token
   */
  public KeptTokens choose(Patches picture, int mergeSize) {
    int tokens = picture.grid().tokens(mergeSize);
    return isAll() ? KeptTokens.all(tokens) : choose(LocalContrast.of(picture, mergeSize));
  }

  /** Keeps the tokens with the highest scores; of equals, those that come first. */
  KeptTokens choose(double[] scores) {
    int[] kept =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer token) -> -scores[token]))
            .limit(count(scores.length))
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    return new KeptTokens(scores.length, kept);
  }
}
