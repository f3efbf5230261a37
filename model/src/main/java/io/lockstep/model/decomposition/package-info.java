/**
 * Leading singular vectors and orthonormal factors of a weight, in float64 arithmetic of Java
 * alone: the same bits on every machine and with any number of threads. Imports nothing of the
 * model.
 */
@NullMarked
package io.lockstep.model.decomposition;

import org.jspecify.annotations.NullMarked;
