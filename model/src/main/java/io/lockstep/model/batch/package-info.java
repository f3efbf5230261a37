/**
 * From tokenised samples to one rectangular batch of plain arrays. Imports only the model's image
 * and budget packages and the kinds of tokens in {@code data.conversation}.
 */
@NullMarked
package io.lockstep.model.batch;

import org.jspecify.annotations.NullMarked;
