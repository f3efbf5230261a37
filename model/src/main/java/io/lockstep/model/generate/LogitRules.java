package io.lockstep.model.generate;

import java.util.BitSet;
import java.util.List;

/**
 * What changes one row's logits before a token is chosen: the repetition penalty, then the least
 * length of an answer.
 *
 * <p>The penalty is that of Keskar et al., "CTRL" (2019), in the form that the public library
 * computes: logits below 0 are multiplied, others divided, once for each token that has occurred.
 */
final class LogitRules {

  private final DecodingOptions options;
  private final BitSet prompt = new BitSet();
  private final List<Integer> endTokens;

  /** Rules for an answer to this prompt, whose padding is left out. */
  LogitRules(DecodingOptions options, int[] prompt, List<Integer> endTokens) {
    this.options = options;
    this.endTokens = List.copyOf(endTokens);
    for (int token : prompt) {
      this.prompt.set(token);
    }
  }

  /**
   * The logits [V] that a token is chosen from; the same array if no rule applies.
   *
   * @param answer tokens generated so far
   */
  float[] apply(float[] logits, List<Integer> answer) {
    boolean penalised = options.repetitionPenalty() != 1;
    boolean endless = answer.size() < options.minNewTokens();
    if (!penalised && !endless) {
      return logits;
    }
    float[] changed = logits.clone();
    if (penalised) {
      penalise(changed, answer);
    }
    if (endless) {
      endTokens.forEach(end -> changed[end] = Float.NEGATIVE_INFINITY);
    }
    return changed;
  }

  private void penalise(float[] logits, List<Integer> answer) {
    float penalty = (float) options.repetitionPenalty();
    BitSet seen = (BitSet) prompt.clone();
    answer.forEach(seen::set);
    seen.stream()
        .forEach(token -> {
          float logit = logits[token];
          logits[token] = logit < 0 ? logit * penalty : logit / penalty;
        });
  }
}
