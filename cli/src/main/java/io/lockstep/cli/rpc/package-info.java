/**
 * Clients of the coordinator and the gateway. The only package here that may import generated
 * stubs; may import the console, and what a run is from the coordinator.
 */
@NullMarked
package io.lockstep.cli.rpc;

import org.jspecify.annotations.NullMarked;
