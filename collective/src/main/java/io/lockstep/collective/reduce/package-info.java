/** Sums over ranks along the reduction tree. Imports the port and the tree. */
@NullMarked
package io.lockstep.collective.reduce;

import org.jspecify.annotations.NullMarked;
