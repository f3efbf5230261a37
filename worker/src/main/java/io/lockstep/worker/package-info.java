/**
 * The worker: one process per device that computes its share of every step and owns its shard of
 * the optimizer.
 */
@NullMarked
package io.lockstep.worker;

import org.jspecify.annotations.NullMarked;
