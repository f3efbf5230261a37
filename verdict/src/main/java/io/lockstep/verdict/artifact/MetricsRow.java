package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;

/** How often verdicts agree with labels; pass is the positive class. */
public record MetricsRow(
    @Key(
            value =
                "`window` of logging_steps tickets, `epoch` (its learning tickets), `final` (all tickets), `validation` (those of the final phase).")
        String kind,
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "Tickets judged so far in this phase, this one included.") int step,
    @Key(value = "Number of the guidance in force.") int guidance,
    @Key(value = "Over all tickets.") Counts withReview,
    @Key(value = "Without those in the review queue.") Counts withoutReview)
    implements Row {

  /** Counts over some tickets. */
  public record Counts(
      @Key("Share of right verdicts; 0 if there is no ticket.") double acc,
      @Key("False fails: labelled pass, judged fail.") int fn,
      @Key("False passes: labelled fail, judged pass.") int fp,
      @Key("Tickets without a verdict; they count as not right.") int malformed,
      @Key("Tickets.") int n) {}
}
