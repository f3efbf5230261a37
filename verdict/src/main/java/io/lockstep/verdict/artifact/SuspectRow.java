package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;

/** A label that confident learning suspects. */
public record SuspectRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "The group.") String groupId,
    @Key(
            value = "What people decided: `pass` or `fail`; a reviewer's decision counts.",
            pattern = "pass|fail",
            patternInWords = "pass or fail")
        String label,
    @Key(value = "Probability of its label, from tickets that it was not among.")
        double labelProbability,
    @Key(value = "Probability of the other label.") double otherProbability,
    @Key(value = "Whether it is in the review queue as well.") boolean inReview)
    implements Row {}
