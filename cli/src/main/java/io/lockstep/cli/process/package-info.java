/**
 * Child processes of one command: starting, watching and stopping them. May import the console, the
 * gRPC clients and the pure parts of worker and coordinator.
 */
@NullMarked
package io.lockstep.cli.process;

import org.jspecify.annotations.NullMarked;
