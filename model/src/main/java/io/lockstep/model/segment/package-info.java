/**
 * Training a model segment by segment: forward, backward, recomputation, and the hook through which
 * weights come and gradients go. Single device. Imports {@code tensor} and the model's packages up
 * to {@code checkpoint} and {@code align}.
 */
@NullMarked
package io.lockstep.model.segment;

import org.jspecify.annotations.NullMarked;
