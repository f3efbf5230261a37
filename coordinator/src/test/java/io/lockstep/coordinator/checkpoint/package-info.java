/** Checkpoint folders on a real file system. */
@NullMarked
package io.lockstep.coordinator.checkpoint;

import org.jspecify.annotations.NullMarked;
