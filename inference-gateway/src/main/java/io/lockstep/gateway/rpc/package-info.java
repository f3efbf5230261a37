/**
 * The wire: the Armeria server, the gRPC services and the client of the coordinator. The only
 * package of the gateway that imports generated stubs.
 */
@NullMarked
package io.lockstep.gateway.rpc;

import org.jspecify.annotations.NullMarked;
