package io.lockstep.verdict.loop;

import io.lockstep.verdict.artifact.HypothesisRow;
import io.lockstep.verdict.artifact.ReflectionRow.Proposed;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import io.lockstep.verdict.guidance.Operation;
import io.lockstep.verdict.guidance.RefusedOperationException;
import io.lockstep.verdict.ledger.Ledger;
import io.lockstep.verdict.reflection.Reflection;
import io.lockstep.verdict.selection.Judge;
import io.lockstep.verdict.ticket.Draws;
import io.lockstep.verdict.ticket.Split;
import io.lockstep.verdict.ticket.Ticket;
import io.lockstep.verdict.trial.Pool;
import io.lockstep.verdict.trial.Trial;
import io.lockstep.verdict.trial.TrialSection;
import io.lockstep.verdict.trial.Wealth;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tries proposed changes and keeps the guidances that come of them. */
final class Learner {

  /** Refused changes that a model is told of. */
  private static final int REMEMBERED = 20;

  private final Judge judge;
  private final Split split;
  private final StageBConfig config;
  private final TrialSection settings;
  private final Hypotheses hypotheses = new Hypotheses();
  private final Deque<String> refused = new ArrayDeque<>();
  private Pool pool;
  private Wealth wealth;

  Learner(Judge judge, Split split, StageBConfig config, Guidance start) {
    this.judge = judge;
    this.split = split;
    this.config = config;
    this.settings = config.trial();
    this.pool = Pool.of(start, validated(start));
    this.wealth = new Wealth(settings.chanceFindings());
  }

  private boolean tries() {
    return settings.acceptance() == TrialSection.Acceptance.TRIED;
  }

  private Set<String> validated(Guidance guidance) {
    return tries() ? judge.correct(guidance, split.validation()) : Set.of();
  }

  /** The guidance in force. */
  Pool.Member best() {
    return pool.best();
  }

  /** The guidance whose mistakes are reflected on. */
  Pool.Member parent(int epoch, int step) {
    return pool.draw(config.seed(), "parent %d %d".formatted(epoch, step));
  }

  /** Changes that were tried in vain on the guidance as it is, in this epoch. */
  List<String> refused() {
    return List.copyOf(refused);
  }

  Hypotheses hypotheses() {
    return hypotheses;
  }

  /** Tries what a reflection proposes, each change on its own. */
  List<Proposed> learn(Pool.Member parent, Reflection reflection, int epoch, int step) {
    Attempts attempts = new Attempts(parent, "minibatch %d %d".formatted(epoch, step));
    reflection.operations().forEach(operation -> attempts.attempt(operation, "model"));
    reflection.hypotheses().forEach(heard -> hypotheses.hear(heard, epoch, step));
    for (HypothesisRow ripe : hypotheses.ripe(config.reflection().hypothesisSupport())) {
      boolean accepted =
          attempts.attempt(new Operation.Add(ripe.text(), ripe.evidence()), "hypothesis");
      hypotheses.tried(ripe, accepted, epoch, step);
    }
    return attempts.rows;
  }

  /** Counts the items in force, and tries to do without those that harm more than they help. */
  List<Proposed> takeStock(int epoch, int step) {
    List<Ticket> counted =
        Draws.shuffled(split.learning(), Ticket::key, config.seed(), "ledger %d".formatted(epoch))
            .stream()
            .limit(settings.ledgerGroups())
            .toList();
    refused.clear();
    Pool.Member best = pool.best();
    Ledger ledger = Ledger.of(judge, best.guidance(), counted, false);
    pool = pool.recounted(best.number(), best.guidance().counted(ledger.counts()));
    Attempts attempts = new Attempts(pool.best(), "stock %d %d".formatted(epoch, step));
    if (tries()) {
      for (GuidanceItem item : pool.best().guidance().learned()) {
        if (item.harmed() > item.helped()) {
          List<String> evidence =
              ledger.flips().stream()
                  .filter(flip -> flip.item().equals(item.key()))
                  .map(flip -> flip.ticket().key())
                  .sorted()
                  .toList();
          attempts.attempt(new Operation.Delete(item.key(), evidence), "ledger");
        }
      }
    }
    return attempts.rows;
  }

  /** Changes of one guidance, one after the other: the next is tried on what came of the last. */
  private final class Attempts {
    private final List<Ticket> minibatch;
    private final List<Ticket> rest;
    private final List<Proposed> rows = new ArrayList<>();
    private Pool.Member parent;

    Attempts(Pool.Member parent, String purpose) {
      this.parent = parent;
      List<Ticket> drawn = Draws.shuffled(split.learning(), Ticket::key, config.seed(), purpose);
      int size = Math.min(drawn.size(), settings.minibatch());
      this.minibatch = drawn.subList(0, size);
      this.rest = drawn.subList(size, drawn.size());
    }

    boolean attempt(Operation operation, String source) {
      Trial trial;
      try {
        Guidance child = operation.on(parent.guidance());
        trial = tries() ? tried(child, operation) : Trial.UNTRIED;
        if (trial.accepted()) {
          take(child);
          refused.clear();
        } else {
          remember(operation);
        }
      } catch (RefusedOperationException e) {
        trial = Trial.refused(String.valueOf(e.getMessage()));
      }
      rows.add(Rows.proposed(operation, source, trial));
      return trial.accepted();
    }

    private Trial tried(Guidance child, Operation operation) {
      Set<String> evidence = new HashSet<>(operation.evidence());
      Trial.Tickets tickets =
          new Trial.Tickets(
              split.learning().stream().filter(ticket -> evidence.contains(ticket.key())).toList(),
              minibatch.stream().filter(ticket -> !evidence.contains(ticket.key())).toList(),
              split.validation(),
              rest.stream().filter(ticket -> !evidence.contains(ticket.key())).toList());
      boolean simplifies = operation instanceof Operation.Delete;
      Trial trial = Trial.of(judge, parent.guidance(), child, tickets, simplifies, wealth);
      if (trial.isTested()) {
        wealth = wealth.after(trial.accepted());
      }
      return trial;
    }

    private void take(Guidance child) {
      if (tries()) {
        pool = pool.with(child, validated(child), parent.number(), settings.pool());
        int made = pool.made() - 1;
        pool.members().stream()
            .filter(member -> member.number() == made)
            .findFirst()
            .ifPresent(member -> parent = member);
      } else {
        pool = new Pool(List.of(new Pool.Member(pool.made(), child, Set.of())), pool.made() + 1);
        parent = pool.best();
      }
    }

    private void remember(Operation operation) {
      refused.addLast(
          "%s %s %s"
              .formatted(operation.word(), operation.target(), operation.text())
              .replaceAll("\\s+", " ")
              .strip());
      if (refused.size() > REMEMBERED) {
        refused.removeFirst();
      }
    }
  }
}
