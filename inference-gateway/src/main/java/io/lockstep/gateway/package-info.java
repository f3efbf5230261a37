/**
 * The inference gateway: options and the running server, put together from serving, hand-off and
 * rpc.
 */
@NullMarked
package io.lockstep.gateway;

import org.jspecify.annotations.NullMarked;
