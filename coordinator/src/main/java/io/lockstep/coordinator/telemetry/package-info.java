/**
 * How a coordinator is and what it has done, for orchestrators and Prometheus. May import the rest
 * of the module.
 */
@NullMarked
package io.lockstep.coordinator.telemetry;

import org.jspecify.annotations.NullMarked;
