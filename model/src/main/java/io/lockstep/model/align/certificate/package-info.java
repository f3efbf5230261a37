/**
 * Alignment certificates: what training computed on a few of its own records, written beside the
 * weights and recomputed by whoever serves them. Imports {@code align} and what that imports.
 */
@NullMarked
package io.lockstep.model.align.certificate;

import org.jspecify.annotations.NullMarked;
