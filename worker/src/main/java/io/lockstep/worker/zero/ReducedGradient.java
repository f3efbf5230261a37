package io.lockstep.worker.zero;

import io.lockstep.tensor.Buffer;

/**
 * A step's gradient, summed over all virtual ranks, as far as one rank needs it.
 *
 * @param step counted from 0
 * @param owned over the range the rank owns; a view that is valid until the next reduction
 * @param copied over the range it keeps a copy of; likewise, empty if it keeps none
 */
public record ReducedGradient(long step, Buffer owned, Buffer copied) {}
