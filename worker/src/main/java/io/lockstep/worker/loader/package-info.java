/**
 * The samples of a run on their way to a step: records are opened, drawn in the order of the epoch
 * plan, augmented, encoded and collated into micro-batches, ahead of time and on threads of their
 * own. Imports the configuration, {@code data} and the model's encoder.
 */
@NullMarked
package io.lockstep.worker.loader;

import org.jspecify.annotations.NullMarked;
