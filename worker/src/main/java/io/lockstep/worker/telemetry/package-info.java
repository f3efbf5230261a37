/**
 * How a worker is and what it has done, for orchestrators and Prometheus: heard from what it says
 * to its coordinator. May import {@code protocol}.
 */
@NullMarked
package io.lockstep.worker.telemetry;

import org.jspecify.annotations.NullMarked;
