/**
 * Which checkpoint is served: verification of manifests, choice of the next checkpoint, loading
 * beside the running model. Imports {@code io.lockstep.gateway.serving}.
 */
@NullMarked
package io.lockstep.gateway.handoff;

import org.jspecify.annotations.NullMarked;
