/** The coordinator over real sockets, seen through grpc-java's own client. */
@NullMarked
package io.lockstep.coordinator.rpc;

import org.jspecify.annotations.NullMarked;
