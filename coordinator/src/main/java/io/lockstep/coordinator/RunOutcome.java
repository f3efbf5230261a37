package io.lockstep.coordinator;

import java.util.Optional;

/**
 * How a run ended.
 *
 * @param finished whether it reached its last step or was drained
 * @param reason why, one line
 * @param steps committed steps
 * @param lastCheckpoint the newest committed checkpoint
 */
public record RunOutcome(
    boolean finished, String reason, long steps, Optional<CommittedCheckpoint> lastCheckpoint) {}
