/** Counts and lengths of a data file. May import {@code io.lockstep.data}. */
@NullMarked
package io.lockstep.datatools.stats;

import org.jspecify.annotations.NullMarked;
