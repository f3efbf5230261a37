/**
 * Kernels under JMH: each state is set up once, each method is one call. Imports what it measures.
 */
@NullMarked
package io.lockstep.benchmark.kernel;

import org.jspecify.annotations.NullMarked;
