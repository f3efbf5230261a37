package io.lockstep.model.generate;

/** How logits are computed; both profiles give the same tokens but for roundings of the logits. */
public enum Profile {
  /** Every token runs the whole sequence again, as in training. */
  STRICT,
  /** Keys and values of earlier tokens are kept. */
  CACHED
}
