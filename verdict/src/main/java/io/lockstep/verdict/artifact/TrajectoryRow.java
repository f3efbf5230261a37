package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.Optional;

/** One candidate of one ticket. */
public record TrajectoryRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "The group.") String groupId,
    @Key(
            value = "What people decided: `pass` or `fail`; a reviewer's decision counts.",
            pattern = "pass|fail",
            patternInWords = "pass or fail")
        String label,
    @Key(
            value = "`learn` in an epoch, `final` after the last one.",
            pattern = "learn|final",
            patternInWords = "learn or final")
        String phase,
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "Tickets judged so far in this phase, this one included.") int step,
    @Key(value = "Number of the guidance in force.") int guidance,
    @Key(value = "Its place among the ticket's candidates, from 0.") int candidate,
    @Key(value = "How it was decoded.") double temperature,
    @Key(value = "How it was decoded.") double topP,
    @Key(value = "How it was decoded.") int maxNewTokens,
    @Key(value = "How it was decoded.") long seed,
    @Key(value = "How it was decoded.") double repetitionPenalty,
    @Key(value = "The answer, verbatim; empty if none came.") String raw,
    @Key(value = "`pass` or `fail`, if the answer is well-formed.") Optional<String> verdict,
    @Key(value = "Its reason.") Optional<String> reason,
    @Key(value = "What is wrong with the answer; empty if nothing is.") String problem,
    @Key(value = "Mean over its tokens, if the generator tells it.")
        Optional<Double> meanLogProbability)
    implements Row {}
