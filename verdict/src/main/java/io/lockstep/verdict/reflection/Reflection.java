package io.lockstep.verdict.reflection;

import io.lockstep.verdict.guidance.Operation;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What came of reflecting on some tickets. Every one of them is without evidence, cited by an
 * operation or a hypothesis, or exhausted; none is two of the three.
 *
 * @param noEvidence keys of tickets whose labels nothing in the summaries speaks for
 * @param operations proposed changes, in order
 * @param hypotheses proposed hypotheses, in order
 * @param exhausted keys of tickets that no proposal cites after all questions that were left
 * @param calls questions that were asked
 * @param problems what was wrong with answers
 */
public record Reflection(
    Set<String> noEvidence,
    List<Operation> operations,
    List<Hypothesis> hypotheses,
    Set<String> exhausted,
    int calls,
    List<String> problems) {

  public Reflection {
    noEvidence = Set.copyOf(noEvidence);
    operations = List.copyOf(operations);
    hypotheses = List.copyOf(hypotheses);
    exhausted = Set.copyOf(exhausted);
    problems = List.copyOf(problems);
  }

  /** Keys of the tickets that operations cite. */
  public Set<String> citedByOperations() {
    Set<String> cited = new TreeSet<>();
    operations.forEach(operation -> cited.addAll(operation.evidence()));
    return cited;
  }

  /** Keys of the tickets that hypotheses cite. */
  public Set<String> citedByHypotheses() {
    Set<String> cited = new TreeSet<>();
    hypotheses.forEach(hypothesis -> cited.addAll(hypothesis.evidence()));
    return cited;
  }
}
