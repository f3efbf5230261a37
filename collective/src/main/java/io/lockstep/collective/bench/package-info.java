/** Measures a collective the way gradients use it. Imports the port and the reduction tree. */
@NullMarked
package io.lockstep.collective.bench;

import org.jspecify.annotations.NullMarked;
