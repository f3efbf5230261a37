/** Counts and lengths of a data file. May import the data and the model module. */
@NullMarked
package io.lockstep.cli.stats;

import org.jspecify.annotations.NullMarked;
