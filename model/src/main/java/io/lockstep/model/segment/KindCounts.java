package io.lockstep.model.segment;

import io.lockstep.data.conversation.TokenKind;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.network.Prediction;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many supervised tokens of each kind there were, and how many of them were predicted right.
 *
 * @param ofKind kinds of which there were none are missing
 */
public record KindCounts(Map<TokenKind, Count> ofKind) {

  public KindCounts {
    ofKind = Collections.unmodifiableMap(new TreeMap<>(ofKind));
  }

  /** Tokens, and those of them that were the most probable ones. */
  public record Count(long tokens, long correct) {

    /** Both together. */
    public Count plus(Count other) {
      return new Count(tokens + other.tokens, correct + other.correct);
    }
  }

  /** Both together. */
  public KindCounts plus(KindCounts other) {
    Map<TokenKind, Count> sums = new EnumMap<>(TokenKind.class);
    sums.putAll(ofKind);
    other.ofKind.forEach((kind, count) -> sums.merge(kind, count, Count::plus));
    return new KindCounts(sums);
  }

  /**
   * Adds the supervised tokens of some positions that have a kind.
   *
   * @param counts of each group
   * @param groupOfTarget the group of each of the prediction's targets
   */
  static void add(Map<Integer, KindCounts> counts, Prediction part, int[] groupOfTarget) {
    byte[] marks = part.targets().marks();
    for (int i = 0; i < marks.length; i++) {
      if (Marks.kind(marks[i]) != 0) {
        Count one = new Count(1, part.isRight(i) ? 1 : 0);
        TokenKind kind = TokenKind.of(Marks.kind(marks[i]));
        counts.merge(groupOfTarget[i], new KindCounts(Map.of(kind, one)), KindCounts::plus);
      }
    }
  }
}
