package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.List;
import java.util.Optional;

/** All that a run says of a ticket. */
public record GroupReportRow(
    @Key(value = "Group and label in its folder: `group::label`.") String ticketKey,
    @Key(value = "The group.") String groupId,
    @Key(value = "What is inspected.") String mission,
    @Key(
            value = "What people decided: `pass` or `fail`; a reviewer's decision counts.",
            pattern = "pass|fail",
            patternInWords = "pass or fail")
        String label,
    @Key(value = "`learning` or `validation`.") String split,
    @Key(value = "The final verdict; absent if there is none.") Optional<String> verdict,
    @Key(value = "Its reason.") Optional<String> reason,
    @Key(value = "Whether it is what the label says.") boolean correct,
    @Key(
            value =
                "Calibrated probability that the label is as the verdict says, from tickets that it was not among.")
        double confidence,
    @Key(value = "Whether the confidence is below the threshold: people should decide.")
        boolean abstains,
    @Key(value = "Whether it is in the review queue.") boolean inReview,
    @Key(value = "Whether confident learning suspects the label.") boolean labelSuspect,
    @Key(value = "What is remarkable about the verdict.", otherwise = "[]") List<String> warnings,
    @Key(
            value = "Its verdicts in the epochs, in order; `malformed` where there was none.",
            otherwise = "[]")
        List<String> history)
    implements Row {

  public GroupReportRow {
    warnings = List.copyOf(warnings);
    history = List.copyOf(history);
  }
}
