package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;
import java.util.List;

/** A proposed change and what came of it, or a question that brought none. */
public record ReflectionRow(
    @Key(value = "From 1; in the final phase that of the last epoch.") int epoch,
    @Key(value = "Tickets judged so far in this phase, this one included.") int step,
    @Key(value = "Number of the guidance in force.") int guidance,
    @Key(value = "Keys of the tickets that were reflected on.", otherwise = "[]")
        List<String> tickets,
    @Key(value = "Those without evidence.", otherwise = "[]") List<String> noEvidence,
    @Key(value = "Those that no proposal cites.", otherwise = "[]") List<String> exhausted,
    @Key(value = "Questions that were asked.") int calls,
    @Key(value = "What was wrong with answers.", otherwise = "[]") List<String> problems,
    @Key(value = "Proposed changes, in order.") List<Proposed> operations)
    implements Row {

  /** A proposed change. */
  public record Proposed(
      @Key("`add`, `update`, `delete` or `merge`.") String op,
      @Key("The item that it changes; empty for a new one.") String key,
      @Key("The text that it writes; empty if it writes none.") String text,
      @Key("`model`, `hypothesis` or `ledger`: who proposed it.") String source,
      @Key(value = "Keys of the tickets that speak for it.", otherwise = "[]")
          List<String> evidence,
      @Key("Whether it was taken.") boolean accepted,
      @Key("Why, or why not.") String why,
      @Key("Groups of the minibatch that it puts right.") int minibatchHelped,
      @Key("Groups of the minibatch that it puts wrong.") int minibatchHarmed,
      @Key("Validation tickets that it puts right.") int validationHelped,
      @Key("Validation tickets that it puts wrong.") int validationHarmed,
      @Key("Probability that a change which does nothing looks so good; 1 if it wasn't tested.")
          double chance,
      @Key("Probability up to which it would be taken; 0 if it wasn't tested.") double level) {
    public Proposed {
      evidence = List.copyOf(evidence);
    }
  }

  public ReflectionRow {
    tickets = List.copyOf(tickets);
    noEvidence = List.copyOf(noEvidence);
    exhausted = List.copyOf(exhausted);
    problems = List.copyOf(problems);
    operations = List.copyOf(operations);
  }
}
