/**
 * What a worker holds of a run from one generation to the next: the model and a shard of the
 * optimizer, and how both change hands. Imports checkpoints and {@code zero}.
 */
@NullMarked
package io.lockstep.worker.state;

import org.jspecify.annotations.NullMarked;
