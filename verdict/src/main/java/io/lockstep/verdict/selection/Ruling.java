package io.lockstep.verdict.selection;

import io.lockstep.verdict.rollout.Candidate;
import io.lockstep.verdict.ticket.Ticket;
import java.util.List;
import java.util.Optional;

/**
 * What came of judging a ticket under a guidance.
 *
 * @param selection nothing if no candidate was well-formed
 */
public record Ruling(Ticket ticket, List<Candidate> candidates, Optional<Selection> selection) {

  public Ruling {
    candidates = List.copyOf(candidates);
  }

  /** Whether the verdict is what the label says. */
  public boolean isCorrect() {
    return selection
        .map(selected -> selected.judgement().verdict() == ticket.label())
        .orElse(false);
  }
}
