/**
 * Clients of the coordinator and the gateway. The only package here that may import generated
 * stubs; may import the console.
 */
@NullMarked
package io.lockstep.cli.rpc;

import org.jspecify.annotations.NullMarked;
