/**
 * How well a model describes pictures it has answers for, at one token budget or several. May
 * import the model, data and gateway modules and the {@code console} and {@code chart} packages.
 */
@NullMarked
package io.lockstep.cli.eval;

import org.jspecify.annotations.NullMarked;
