/**
 * Traces on demand: pieces of work with their times, given to a collector over OTLP/HTTP. What is
 * measured is measured elsewhere; without an endpoint nothing of OpenTelemetry is loaded.
 */
@NullMarked
package io.lockstep.operations.trace;

import org.jspecify.annotations.NullMarked;
