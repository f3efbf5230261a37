/**
 * How well a model predicts given answers. Imports the model's {@code batch} and {@code network}
 * packages and {@code tensor}.
 */
@NullMarked
package io.lockstep.model.score;

import org.jspecify.annotations.NullMarked;
