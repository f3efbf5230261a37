/**
 * Finding objects in a picture: a head of learned queries over the language model's hidden states,
 * and what its predictions are measured by. Imports {@code tensor}, {@code data.file}, {@code
 * data.score} and the model's {@code config}, {@code layer}, {@code parameter}, {@code image} and
 * {@code batch} packages.
 */
@NullMarked
package io.lockstep.model.detection;

import org.jspecify.annotations.NullMarked;
