/**
 * The thread that owns a run: it feeds events to the machine and carries out its actions. Imports
 * the coordinator's other packages except {@code rpc}.
 */
@NullMarked
package io.lockstep.coordinator.loop;

import org.jspecify.annotations.NullMarked;
