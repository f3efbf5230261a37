/**
 * What training minimises: the port of its terms, their weighted sum, and the sums that they give.
 * Imports {@code tensor} and the model's {@code network} package.
 */
@NullMarked
package io.lockstep.model.objective;

import org.jspecify.annotations.NullMarked;
