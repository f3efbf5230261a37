package io.lockstep.verdict.selection;

import io.lockstep.verdict.guardrail.FailFirst;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.rollout.Candidate;
import io.lockstep.verdict.rollout.Rollouts;
import io.lockstep.verdict.ticket.Ticket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Judges tickets: rollouts, guard rail, selection. */
public final class Judge {

  private final Rollouts rollouts;
  private final FailFirst failFirst;
  private final SelectionSection settings;

  /** What was right under a guidance, by its texts and by ticket, so that it is asked once. */
  private final Map<String, Map<String, Boolean>> known = new HashMap<>();

  /**
   * A judge of a domain.
   *
   * @param rollouts asks for candidates
   * @param settings how candidates become a verdict
   */
  public Judge(Rollouts rollouts, SelectionSection settings) {
    this.rollouts = rollouts;
    this.failFirst = new FailFirst(rollouts.domain());
    this.settings = settings;
  }

  /** Rulings on the tickets, in the same order. */
  public List<Ruling> judge(Guidance guidance, List<Ticket> tickets) {
    List<List<Candidate>> candidates = rollouts.of(guidance, tickets);
    List<Ruling> rulings = new ArrayList<>();
    for (int i = 0; i < tickets.size(); i++) {
      Ticket ticket = tickets.get(i);
      rulings.add(
          new Ruling(
              ticket,
              candidates.get(i),
              Selector.select(
                  candidates.get(i),
                  failFirst.find(guidance, ticket.summaries()),
                  ticket.label(),
                  settings)));
    }
    return List.copyOf(rulings);
  }

  /** Keys of the tickets whose verdict is what the label says. */
  public Set<String> correct(Guidance guidance, List<Ticket> tickets) {
    Map<String, Boolean> before =
        known.computeIfAbsent(String.join("\n", guidance.texts()), _ -> new HashMap<>());
    List<Ticket> unknown =
        tickets.stream().filter(ticket -> !before.containsKey(ticket.key())).toList();
    judge(guidance, unknown)
        .forEach(ruling -> before.put(ruling.ticket().key(), ruling.isCorrect()));
    return tickets.stream()
        .map(Ticket::key)
        .filter(key -> before.getOrDefault(key, false))
        .collect(Collectors.toSet());
  }
}
