/**
 * The client of a gateway, for Stage-A, Stage-B and programs of users: {@link
 * io.lockstep.client.GatewayClient} is the way in. May import conversations, pictures and verdicts
 * of {@code io.lockstep.data} and the generated stubs; needs neither a model nor libtorch.
 */
@NullMarked
package io.lockstep.client;

import org.jspecify.annotations.NullMarked;
