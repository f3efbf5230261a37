/**
 * Every decision about a run, without effects: membership, leases, commits, when to save and when
 * to end. No clock, no files, no sockets. Imports {@code io.lockstep.coordinator} and {@code
 * data.plan}.
 */
@NullMarked
package io.lockstep.coordinator.machine;

import org.jspecify.annotations.NullMarked;
