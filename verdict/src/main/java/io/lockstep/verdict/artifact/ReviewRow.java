package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;

/** A ticket whose label is suspect: people should look at it. */
public record ReviewRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "The group.") String groupId,
    @Key(value = "What is inspected.") String mission,
    @Key(
            value = "What people decided: `pass` or `fail`; a reviewer's decision counts.",
            pattern = "pass|fail",
            patternInWords = "pass or fail")
        String label,
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "Tickets judged so far in this phase, this one included.") int step,
    @Key(
            value =
                "`no_evidence`: nothing in its summaries speaks for its label; `budget_exhausted`: no proposal cites it after all questions that were left.",
            pattern = "no_evidence|budget_exhausted",
            patternInWords = "no_evidence or budget_exhausted")
        String reasonCode,
    @Key(value = "The verdict at that time.") String verdict,
    @Key(value = "Its reason.") String reason)
    implements Row {}
