/**
 * The port through which ranks exchange memory, and the arithmetic every rank does alike. Imports
 * {@code tensor}; transports live in subpackages and are seen only by whoever opens them.
 */
@NullMarked
package io.lockstep.collective;

import org.jspecify.annotations.NullMarked;
