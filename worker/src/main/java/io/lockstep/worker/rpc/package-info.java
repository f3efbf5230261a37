/**
 * The worker's side of the coordinator's gRPC contract; the only package here that sees generated
 * stubs.
 */
@NullMarked
package io.lockstep.worker.rpc;

import org.jspecify.annotations.NullMarked;
