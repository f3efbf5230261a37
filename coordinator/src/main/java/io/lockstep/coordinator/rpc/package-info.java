/**
 * The coordinator on the network: gRPC service, health and reflection, and the mapping between wire
 * messages and the machine's records. The only package here that imports generated stubs.
 */
@NullMarked
package io.lockstep.coordinator.rpc;

import org.jspecify.annotations.NullMarked;
