/**
 * Checkpoint folders from creation to the atomic rename. Imports {@code io.lockstep.coordinator}
 * and {@code machine}.
 */
@NullMarked
package io.lockstep.coordinator.checkpoint;

import org.jspecify.annotations.NullMarked;
