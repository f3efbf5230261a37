/** A worker's part of a checkpoint: the model from rank 0, its optimizer range from every rank. */
@NullMarked
package io.lockstep.worker.checkpoint;

import org.jspecify.annotations.NullMarked;
