/**
 * Finding objects in a picture: a head of learned queries over the language model's hidden states,
 * and what its predictions are measured by. Imports {@code tensor} and the model's {@code layer},
 * {@code parameter}, {@code image} and {@code batch} packages.
 */
@NullMarked
package io.lockstep.model.detection;

import org.jspecify.annotations.NullMarked;
