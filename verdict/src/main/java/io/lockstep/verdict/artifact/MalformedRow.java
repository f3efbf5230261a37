package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;

/** A ticket without a verdict: no candidate was well-formed. It never enters the review queue. */
public record MalformedRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "The group.") String groupId,
    @Key(value = "What is inspected.") String mission,
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
    @Key(value = "`learning` or `validation`.") String split,
    @Key(value = "What is wrong with the first candidate.") String problem,
    @Key(value = "The first candidate, verbatim; empty if none came.") String raw)
    implements Row {}
