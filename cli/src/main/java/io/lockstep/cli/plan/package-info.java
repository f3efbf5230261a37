/**
 * What training takes on a device of a given memory, and what to change if it doesn't fit. May
 * import the console, the worker's configuration, tuning and ZeRO packages, and the model's.
 */
@NullMarked
package io.lockstep.cli.plan;

import org.jspecify.annotations.NullMarked;
