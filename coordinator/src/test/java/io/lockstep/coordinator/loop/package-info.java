/** The run's thread with its journal and folders, without a network. */
@NullMarked
package io.lockstep.coordinator.loop;

import org.jspecify.annotations.NullMarked;
