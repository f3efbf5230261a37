/**
 * Benchmarks that need more than the module they measure, such as processes. May import the modules
 * that they measure, the console and the processes.
 */
@NullMarked
package io.lockstep.cli.bench;

import org.jspecify.annotations.NullMarked;
