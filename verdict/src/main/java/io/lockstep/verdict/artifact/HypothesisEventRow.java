package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.List;

/** What happened to a hypothesis. */
public record HypothesisEventRow(
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "Tickets judged so far in this phase, this one included.") int step,
    @Key(value = "The hypothesis.") String id,
    @Key(value = "`proposed`, `supported`, `accepted` or `refused`.") String event,
    @Key(value = "Keys of the tickets that it is about.", otherwise = "[]") List<String> evidence)
    implements Row {

  public HypothesisEventRow {
    evidence = List.copyOf(evidence);
  }
}
