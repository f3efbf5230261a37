/**
 * One step of training as a rank computes it: forward, backward, reduce, commit, update. Imports
 * the loader, the state, the protocol and {@code zero}.
 */
@NullMarked
package io.lockstep.worker.step;

import org.jspecify.annotations.NullMarked;
