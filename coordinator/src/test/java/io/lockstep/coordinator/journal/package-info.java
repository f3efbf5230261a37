/** What a journal holds after a run, read back through SQL. */
@NullMarked
package io.lockstep.coordinator.journal;

import org.jspecify.annotations.NullMarked;
