package io.lockstep.verdict.selection;

import java.util.Locale;

/** What is remarkable about a verdict. */
public enum Warning {
  /** As many candidates pass as fail: it is a fail. */
  TIED_VOTE,
  /** Fewer candidates agree than {@code min_verdict_agreement}. */
  LOW_AGREEMENT,
  /** Candidates pass and fail. */
  ROLLOUT_CONTRADICTION,
  /** Some candidates are no verdicts. */
  MALFORMED_CANDIDATES,
  /** A guard rail decided, against the vote. */
  FAIL_FIRST_OVERRIDE,
  /** It is not what the label says. */
  LABEL_MISMATCH;

  /** The word in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
