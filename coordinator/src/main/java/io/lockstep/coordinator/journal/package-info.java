/**
 * The durable record of a run, in SQLite. Imports {@code io.lockstep.coordinator} and the entries
 * of {@code machine}.
 */
@NullMarked
package io.lockstep.coordinator.journal;

import org.jspecify.annotations.NullMarked;
