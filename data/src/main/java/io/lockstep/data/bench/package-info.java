/** Measures the epoch plan. Imports the plan. */
@NullMarked
package io.lockstep.data.bench;

import org.jspecify.annotations.NullMarked;
