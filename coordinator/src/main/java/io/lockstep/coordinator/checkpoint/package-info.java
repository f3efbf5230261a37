/**
 * Checkpoint folders from creation to the atomic rename, their verification, and which of them
 * stay. Imports {@code io.lockstep.coordinator} and {@code machine}.
 */
@NullMarked
package io.lockstep.coordinator.checkpoint;

import org.jspecify.annotations.NullMarked;
