package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.List;
import java.util.Optional;

/** The verdict on one ticket. */
public record SelectionRow(
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
    @Key(
            value = "`learning` or `validation`.",
            pattern = "learning|validation",
            patternInWords = "learning or validation")
        String split,
    @Key(value = "Number of the guidance in force.") int guidance,
    @Key(value = "`pass` or `fail`.", pattern = "pass|fail", patternInWords = "pass or fail")
        String verdict,
    @Key(value = "Why, in one line.") String reason,
    @Key(
            value = "What the majority of candidates says, before guard rails.",
            pattern = "pass|fail",
            patternInWords = "pass or fail")
        String voted,
    @Key(value = "Number of the candidate whose reason it is.") int candidate,
    @Key(value = "Share of the well-formed candidates that have voted so.") double voteStrength,
    @Key(value = "Share of the well-formed candidates that pass.") double passShare,
    @Key(value = "Mean over the candidates that have voted so, if it is known.")
        Optional<Double> meanLogProbability,
    @Key(value = "What is remarkable about it.", otherwise = "[]") List<String> warnings,
    @Key(value = "Stage-A's summaries of its pictures, in order.", otherwise = "[]")
        List<String> summaries)
    implements Row {

  /** Whether the verdict is what the label says. */
  public boolean isCorrect() {
    return verdict.equals(label);
  }

  public SelectionRow {
    warnings = List.copyOf(warnings);
    summaries = List.copyOf(summaries);
  }
}
