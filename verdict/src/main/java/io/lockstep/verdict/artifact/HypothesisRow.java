package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.List;

/** A hypothesis as it stands, in hypotheses.json. */
public record HypothesisRow(
    @Key(value = "H1, H2, ...") String id,
    @Key(value = "As an item would say it.") String text,
    @Key(value = "What would show that it is wrong.") String falsifier,
    @Key(value = "Keys of the tickets that speak for it.", otherwise = "[]") List<String> evidence,
    @Key(
            value = "`open`, `accepted` or `refused`.",
            pattern = "open|accepted|refused",
            patternInWords = "open, accepted or refused")
        String status)
    implements Row {

  public HypothesisRow {
    evidence = List.copyOf(evidence);
  }
}
