/** Entry point of the {@code lockstep} command. May import everything. */
@NullMarked
package io.lockstep.cli;

import org.jspecify.annotations.NullMarked;
