/** The machine's rules one by one, and a simulated cluster that checks its invariants. */
@NullMarked
package io.lockstep.coordinator.machine;

import org.jspecify.annotations.NullMarked;
