/**
 * Moves and resamples the pixels of RGB pictures in integer arithmetic, so that every machine gets
 * the same bytes. Imports pictures and geometry.
 */
@NullMarked
package io.lockstep.data.augment.pixels;

import org.jspecify.annotations.NullMarked;
