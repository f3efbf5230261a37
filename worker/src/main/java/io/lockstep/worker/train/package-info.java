/**
 * The training loop: what a worker does between joining a run and its end. Talks to the coordinator
 * through the {@link io.lockstep.worker.train.Session} port.
 */
@NullMarked
package io.lockstep.worker.train;

import org.jspecify.annotations.NullMarked;
