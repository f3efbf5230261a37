/**
 * ZeRO stages 1 to 3: which rank owns which range of the flat parameters, the deterministic
 * reduction of gradients to their owners, the update of owned ranges, and the gathering of weights
 * segment by segment. Imports {@code tensor}, {@code collective} and the model's parameters and
 * segments.
 */
@NullMarked
package io.lockstep.worker.zero;

import org.jspecify.annotations.NullMarked;
