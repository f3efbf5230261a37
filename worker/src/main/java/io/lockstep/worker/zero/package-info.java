/**
 * ZeRO stage 2: which rank owns which range of the flat parameters, the deterministic reduction of
 * gradients to their owners, and the update of owned ranges. Imports {@code tensor}, {@code
 * collective} and the model's parameters.
 */
@NullMarked
package io.lockstep.worker.zero;

import org.jspecify.annotations.NullMarked;
