/**
 * How a gateway is and what it has done, for orchestrators and Prometheus. May import {@code
 * serving}.
 */
@NullMarked
package io.lockstep.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
