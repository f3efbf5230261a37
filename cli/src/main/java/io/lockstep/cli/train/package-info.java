/**
 * A training run on this machine, from its configuration to its last checkpoint. May import the
 * packages for processes, run folders and the console, the worker's configuration and the
 * coordinator's plan.
 */
@NullMarked
package io.lockstep.cli.train;

import org.jspecify.annotations.NullMarked;
