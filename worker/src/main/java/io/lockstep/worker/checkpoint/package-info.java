/**
 * A worker's part of a checkpoint: the model from rank 0, its optimizer range from every rank,
 * copied at a step boundary and written in the background; and the way back, for any number of
 * ranks. Imports the model, the configuration and {@code zero}.
 */
@NullMarked
package io.lockstep.worker.checkpoint;

import org.jspecify.annotations.NullMarked;
