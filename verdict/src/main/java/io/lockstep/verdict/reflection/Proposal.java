package io.lockstep.verdict.reflection;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.verdict.guidance.Operation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a model answers in the operations pass.
 *
 * @param operations changes, each with evidence among the tickets it was asked about
 * @param hypotheses likewise
 * @param problems why others were left out
 */
record Proposal(List<Operation> operations, List<Hypothesis> hypotheses, List<String> problems) {

  private static final String OP = "op";
  private static final String KEY = "key";
  private static final String KEYS = "keys";
  private static final String TEXT = "text";
  private static final String EVIDENCE = "evidence";
  private static final String FALSIFIER = "falsifier";
  private static final String OPERATIONS = "operations";
  private static final String HYPOTHESES = "hypotheses";

  Proposal {
    operations = List.copyOf(operations);
    hypotheses = List.copyOf(hypotheses);
    problems = List.copyOf(problems);
  }

  /**
   * Reads the tickets without evidence out of a decision pass's answer; those that weren't asked
   * about are left out.
   *
   * @throws MalformedAnswerException if it is not the JSON that was asked for
   */
  static Set<String> noEvidence(String answer, Set<String> asked) throws MalformedAnswerException {
    String key = "no_evidence_group_ids";
    Set<String> named =
        new HashSet<>(StrictJson.texts(StrictJson.object(answer, Set.of(key)), key));
    named.retainAll(asked);
    return named;
  }

  /**
   * Reads an operations pass's answer. An operation or hypothesis that is not as asked for, or
   * cites no ticket that was asked about, is left out.
   *
   * @throws MalformedAnswerException if the whole is not the JSON that was asked for
   */
  static Proposal parse(String answer, Set<String> asked, int maxOperations)
      throws MalformedAnswerException {
    JsonNode root = StrictJson.object(answer, Set.of(OPERATIONS, HYPOTHESES));
    if (!root.get(OPERATIONS).isArray() || !root.get(HYPOTHESES).isArray()) {
      throw new MalformedAnswerException("operations and hypotheses must be lists");
    }
    List<String> problems = new ArrayList<>();
    List<Operation> operations = new ArrayList<>();
    for (JsonNode each : root.get(OPERATIONS)) {
      if (operations.size() == maxOperations) {
        problems.add("more than %d operations".formatted(maxOperations));
        break;
      }
      try {
        if (!each.path(OP).asText().equals("none")) {
          operations.add(operation(each, asked));
        }
      } catch (MalformedAnswerException e) {
        problems.add("operation: " + e.getMessage());
      }
    }
    List<Hypothesis> hypotheses = new ArrayList<>();
    for (JsonNode each : root.get(HYPOTHESES)) {
      try {
        StrictJson.exactly(each, Set.of(TEXT, FALSIFIER, EVIDENCE));
        hypotheses.add(
            new Hypothesis(
                StrictJson.text(each, TEXT),
                StrictJson.text(each, FALSIFIER),
                evidence(each, asked)));
      } catch (MalformedAnswerException e) {
        problems.add("hypothesis: " + e.getMessage());
      }
    }
    return new Proposal(operations, hypotheses, problems);
  }

  private static Operation operation(JsonNode each, Set<String> asked)
      throws MalformedAnswerException {
    String op = each.path(OP).asText();
    return switch (op) {
      case "add" -> {
        StrictJson.exactly(each, Set.of(OP, TEXT, EVIDENCE));
        yield new Operation.Add(StrictJson.text(each, TEXT), evidence(each, asked));
      }
      case "update" -> {
        StrictJson.exactly(each, Set.of(OP, KEY, TEXT, EVIDENCE));
        yield new Operation.Update(
            StrictJson.text(each, KEY), StrictJson.text(each, TEXT), evidence(each, asked));
      }
      case "delete" -> {
        StrictJson.exactly(each, Set.of(OP, KEY, EVIDENCE));
        yield new Operation.Delete(StrictJson.text(each, KEY), evidence(each, asked));
      }
      case "merge" -> {
        StrictJson.exactly(each, Set.of(OP, KEYS, TEXT, EVIDENCE));
        yield new Operation.Merge(
            StrictJson.texts(each, KEYS), StrictJson.text(each, TEXT), evidence(each, asked));
      }
      default ->
          throw new MalformedAnswerException("op must be add, update, delete, merge or none");
    };
  }

  private static List<String> evidence(JsonNode each, Set<String> asked)
      throws MalformedAnswerException {
    List<String> known =
        StrictJson.texts(each, EVIDENCE).stream()
            .filter(asked::contains)
            .distinct()
            .sorted()
            .toList();
    if (known.isEmpty()) {
      throw new MalformedAnswerException("cites no ticket that it was asked about");
    }
    return known;
  }

  /** Keys of all tickets that something speaks of. */
  Set<String> cited() {
    Set<String> cited = new HashSet<>();
    operations.forEach(operation -> cited.addAll(operation.evidence()));
    hypotheses.forEach(hypothesis -> cited.addAll(hypothesis.evidence()));
    return cited;
  }
}
