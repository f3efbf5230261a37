/**
 * What a run tells while it trains: {@code logging.jsonl}, TensorBoard's event files, figures per
 * dataset, times and volumes of steps. Imports the protocol and the loader's counters.
 */
@NullMarked
package io.lockstep.worker.metrics;

import org.jspecify.annotations.NullMarked;
