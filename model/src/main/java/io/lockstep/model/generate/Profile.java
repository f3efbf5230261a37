package io.lockstep.model.generate;

/** How tokens are computed; both profiles give the same tokens. */
public enum Profile {
  /** Every token runs the whole sequence again, as in training. */
  STRICT,
  /** Keys and values of earlier tokens are kept. */
  CACHED
}
