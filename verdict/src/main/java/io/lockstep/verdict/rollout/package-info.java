/**
 * Asking a model for verdicts: prompts without a label, a grid of decoding settings, the port of
 * generators. May import guidance.
 */
@NullMarked
package io.lockstep.verdict.rollout;

import org.jspecify.annotations.NullMarked;
