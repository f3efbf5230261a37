/**
 * From tokenised samples to one rectangular batch of plain arrays. Imports only the model's image
 * and budget packages.
 */
@NullMarked
package io.lockstep.model.batch;

import org.jspecify.annotations.NullMarked;
