/**
 * One model and the requests that wait for it: tasks, batching, answers. Imports model and {@code
 * io.lockstep.data}; knows nothing of the wire.
 */
@NullMarked
package io.lockstep.gateway.serving;

import org.jspecify.annotations.NullMarked;
