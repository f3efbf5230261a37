/**
 * Stage-A and Stage-B over a folder of groups: batch clients that read pictures, ask a gateway and
 * write JSONL. May import verdicts and pictures of {@code io.lockstep.data} and what the gateway's
 * client answers with; reaches the gateway through ports.
 */
@NullMarked
package io.lockstep.cli.stage;

import org.jspecify.annotations.NullMarked;
