package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.Optional;

/** A ticket of the review queue with what became of it, in need_review.json. */
public record NeedReviewRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "The group.") String groupId,
    @Key(value = "What is inspected.") String mission,
    @Key(
            value = "What people decided: `pass` or `fail`; a reviewer's decision counts.",
            pattern = "pass|fail",
            patternInWords = "pass or fail")
        String label,
    @Key(value = "Why it is in the queue.") String reasonCode,
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "The final verdict.") Optional<String> verdict,
    @Key(value = "Whether that agrees with the label after all.") boolean resolved)
    implements Row {}
