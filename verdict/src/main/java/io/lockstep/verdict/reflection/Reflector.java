package io.lockstep.verdict.reflection;

import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.Operation;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.selection.Ruling;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Asks a model what to change, in two passes: first which tickets can't be learned from, then for
 * operations and hypotheses on the others, again in smaller batches for those that nothing cites.
 *
 * @param generator what is asked
 * @param settings how
 */
public record Reflector(TextGenerator generator, ReflectionSection settings) {

  /**
   * Reflects on tickets that were judged wrongly or in doubt.
   *
   * @param rulings at least one, about different tickets
   * @param refused texts of changes that were tried in vain
   * @param budget of the epoch; it has a question left
   */
  public Reflection reflect(
      Guidance guidance, List<Ruling> rulings, List<String> refused, Budget budget) {
    List<Ruling> sorted =
        rulings.stream()
            .sorted(Comparator.comparing((Ruling ruling) -> ruling.ticket().key()))
            .toList();
    Work work = new Work(guidance, refused, budget);
    for (List<Ruling> batch : batches(sorted, settings.batchTickets())) {
      if (budget.hasCalls()) {
        work.decide(batch);
      } else {
        batch.forEach(ruling -> work.exhausted.add(ruling.ticket().key()));
      }
    }
    work.propose();
    return work.result();
  }

  private static List<List<Ruling>> batches(List<Ruling> rulings, int size) {
    List<List<Ruling>> batches = new ArrayList<>();
    for (int from = 0; from < rulings.size(); from += size) {
      batches.add(rulings.subList(from, Math.min(rulings.size(), from + size)));
    }
    return batches;
  }

  private static Set<String> keys(List<Ruling> rulings) {
    return rulings.stream()
        .map(ruling -> ruling.ticket().key())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** One reflection on its way. */
  private final class Work {
    private final Guidance guidance;
    private final List<String> refused;
    private final Budget budget;
    private final Deque<List<Ruling>> open = new ArrayDeque<>();
    private final Set<String> noEvidence = new HashSet<>();
    private final Set<String> exhausted = new HashSet<>();
    private final List<Operation> operations = new ArrayList<>();
    private final List<Hypothesis> hypotheses = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private int calls;

    Work(Guidance guidance, List<String> refused, Budget budget) {
      this.guidance = guidance;
      this.refused = refused;
      this.budget = budget;
    }

    void decide(List<Ruling> batch) {
      Set<String> without = new HashSet<>();
      try {
        String answer =
            ask(ReflectionPrompts.decision(guidance, batch, settings.decoding().greedy()));
        without.addAll(Proposal.noEvidence(answer, keys(batch)));
      } catch (MalformedAnswerException e) {
        problems.add("decision pass: " + e.getMessage());
      }
      noEvidence.addAll(without);
      List<Ruling> learnable =
          batch.stream().filter(ruling -> !without.contains(ruling.ticket().key())).toList();
      if (!learnable.isEmpty()) {
        open.add(learnable);
      }
    }

    /** Until every learnable ticket is cited, or may not be asked about again. */
    void propose() {
      while (!open.isEmpty()) {
        List<Ruling> batch = open.remove();
        if (!budget.hasCalls()) {
          exhausted.addAll(keys(batch));
          continue;
        }
        Set<String> cited = cited(batch);
        List<Ruling> again = new ArrayList<>();
        for (Ruling ruling : batch) {
          String key = ruling.ticket().key();
          if (!cited.contains(key)) {
            if (budget.retry(key)) {
              again.add(ruling);
            } else {
              exhausted.add(key);
            }
          }
        }
        open.addAll(batches(again, Math.max(1, (batch.size() + 1) / 2)));
      }
    }

    private Set<String> cited(List<Ruling> batch) {
      try {
        String answer =
            ask(
                ReflectionPrompts.operations(
                    guidance, batch, refused, settings.decoding().greedy()));
        Proposal proposal = Proposal.parse(answer, keys(batch), settings.maxOperations());
        operations.addAll(proposal.operations());
        hypotheses.addAll(proposal.hypotheses());
        proposal.problems().forEach(problem -> problems.add("operations pass: " + problem));
        return proposal.cited();
      } catch (MalformedAnswerException e) {
        problems.add("operations pass: " + e.getMessage());
        return Set.of();
      }
    }

    private String ask(Question question) throws MalformedAnswerException {
      budget.call();
      calls++;
      Reply reply = generator.generate(List.of(question)).getFirst();
      if (!reply.problem().isEmpty()) {
        throw new MalformedAnswerException(reply.problem());
      }
      return reply.text();
    }

    Reflection result() {
      return new Reflection(noEvidence, operations, hypotheses, exhausted, calls, problems);
    }
  }
}
