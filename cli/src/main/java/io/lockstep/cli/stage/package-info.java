/**
 * Stage-A and Stage-B over a folder of groups, and the objects of pictures: batch clients that read
 * pictures, ask a gateway and write JSONL. May import the verdict loop, verdicts, answers and
 * pictures of {@code io.lockstep.data}, overlays, and what the gateway's client answers with;
 * reaches the gateway through ports.
 */
@NullMarked
package io.lockstep.cli.stage;

import org.jspecify.annotations.NullMarked;
