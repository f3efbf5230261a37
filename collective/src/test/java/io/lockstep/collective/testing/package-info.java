/** Worlds of ranks inside one process, over any transport, and what every transport has to do. */
@NullMarked
package io.lockstep.collective.testing;

import org.jspecify.annotations.NullMarked;
