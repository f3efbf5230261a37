/**
 * Whether two computations of a model agree: comparisons, tolerances, and the report that names the
 * first layer that differs. Imports {@code tensor} and the model's {@code batch}, {@code chat},
 * {@code checkpoint}, {@code encode} and network packages.
 */
@NullMarked
package io.lockstep.model.align;

import org.jspecify.annotations.NullMarked;
