package io.lockstep.coordinator;

/**
 * How many supervised tokens of a kind there were in one dataset.
 *
 * @param kind its number, from 1
 * @param tokens supervised tokens
 * @param correctTokens those that were predicted right
 */
public record KindSums(int kind, long tokens, long correctTokens) {

  /** Most kinds that a worker may tell apart. */
  public static final int MOST = 8;

  /** The sums over both. */
  public KindSums plus(KindSums other) {
    return new KindSums(kind, tokens + other.tokens, correctTokens + other.correctTokens);
  }

  /** Whether such counts are possible. */
  public boolean isSound() {
    return kind >= 1 && kind <= MOST && correctTokens >= 0 && correctTokens <= tokens;
  }
}
