/**
 * How good what a model says of a picture is: overlap of places, one-to-one matching, average
 * precision of boxes. Imports {@code io.lockstep.data.geometry}, {@code answer} and {@code
 * conversation}.
 */
@NullMarked
package io.lockstep.data.score;

import org.jspecify.annotations.NullMarked;
