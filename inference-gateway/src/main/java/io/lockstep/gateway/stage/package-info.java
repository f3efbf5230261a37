/**
 * Stage-A and Stage-B over a folder of groups: batch clients that read pictures, ask a gateway and
 * write JSONL. Imports {@code io.lockstep.data.stageb} and the decoder of pictures; reaches the
 * gateway through ports.
 */
@NullMarked
package io.lockstep.gateway.stage;

import org.jspecify.annotations.NullMarked;
