/**
 * A training run on this machine, from its configuration to its last checkpoint. May import the
 * packages for processes, run folders and the console, and the worker's configuration.
 */
@NullMarked
package io.lockstep.cli.train;

import org.jspecify.annotations.NullMarked;
