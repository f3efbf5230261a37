/**
 * The one order in which values of virtual ranks are summed, whatever the number of workers.
 * Imports nothing.
 */
@NullMarked
package io.lockstep.collective.tree;

import org.jspecify.annotations.NullMarked;
