/** A coordinator and up to a thousand workers in memory, with everything that can go wrong. */
@NullMarked
package io.lockstep.coordinator.simulation;

import org.jspecify.annotations.NullMarked;
