package io.lockstep.verdict;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.verdict.reflection.ReflectionPrompts;
import io.lockstep.verdict.rollout.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reflects by a rule on what a prompt shows, and on nothing else: what failed and shouldn't have is
 * put down to the item that names it, what passed and shouldn't have to the oddest thing in sight.
 * It doesn't know which odd states are harmless.
 */
class RuleReflector implements ScriptedModel.Reflecting {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ITEM =
      Pattern.compile("(?m)^\\[([SG]\\d+)]\\(帮对(\\d+)，害错(\\d+)\\)(.*)$");
  private static final Pattern REFUSED =
      Pattern.compile("(?m)^" + ReflectionPrompts.REFUSED + "(.*)$");

  /** An item as the prompt shows it. */
  record Item(String key, int helped, int harmed, List<String> rules) {}

  /** A ticket as the prompt shows it. */
  record Shown(
      String key, boolean labelPasses, boolean passes, String reason, List<String> clauses) {

    boolean isRight() {
      return labelPasses == passes;
    }
  }

  @Override
  public String decide(Question question) {
    List<Item> items = items(question.user());
    List<String> refused = refused(question.user());
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode none = answer.putArray("no_evidence_group_ids");
    for (Shown ticket : tickets(question.user())) {
      boolean learnable =
          !ticket.isRight()
              && (ticket.labelPasses()
                  ? items.stream().anyMatch(item -> isBlamed(item, ticket) && !isProven(item))
                  : !suspects(ticket, items, refused).isEmpty());
      if (!learnable) {
        none.add(ticket.key());
      }
    }
    return answer.toString();
  }

  @Override
  public String propose(Question question) {
    List<Item> items = items(question.user());
    List<String> refused = refused(question.user());
    Map<String, TreeSet<String>> missing = new TreeMap<>();
    Map<String, TreeSet<String>> blamed = new LinkedHashMap<>();
    for (Shown ticket : tickets(question.user())) {
      if (ticket.labelPasses()) {
        items.stream()
            .filter(item -> isBlamed(item, ticket))
            .forEach(
                item -> blamed.computeIfAbsent(item.key(), _ -> new TreeSet<>()).add(ticket.key()));
      } else {
        suspects(ticket, items, refused)
            .forEach(
                clause -> missing.computeIfAbsent(clause, _ -> new TreeSet<>()).add(ticket.key()));
      }
    }
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode operations = answer.putArray("operations");
    answer.putArray("hypotheses");
    blamed.forEach((key, evidence) ->
        cite(operations.addObject().put("op", "delete").put("key", key), evidence));
    missing.forEach((clause, evidence) ->
        cite(
            operations.addObject().put("op", "add").put("text", clause + ScriptedModel.FAILS),
            evidence));
    return answer.toString();
  }

  private static void cite(ObjectNode operation, Iterable<String> evidence) {
    ArrayNode list = operation.putArray("evidence");
    evidence.forEach(list::add);
  }

  private static boolean isBlamed(Item item, Shown ticket) {
    return item.key().startsWith("G")
        && !item.key().equals("G0")
        && item.rules().stream().anyMatch(ticket.reason()::endsWith);
  }

  /** An item that has helped much more than it has harmed: rather the label is wrong. */
  private static boolean isProven(Item item) {
    return item.helped() >= 3 && item.helped() >= 3 * item.harmed();
  }

  /** Odd things that no item names yet and that weren't tried in vain. */
  private static List<String> suspects(Shown ticket, List<Item> items, List<String> refused) {
    return ticket.clauses().stream()
        .filter(clause -> World.ODD.stream().anyMatch(clause::endsWith))
        .filter(clause -> items.stream().noneMatch(item -> item.rules().contains(clause)))
        .filter(clause -> refused.stream().noneMatch(text -> text.contains(clause)))
        .distinct()
        .sorted()
        .toList();
  }

  static List<Item> items(String user) {
    return ITEM.matcher(user)
        .results()
        .map(found ->
            new Item(
                found.group(1),
                Integer.parseInt(found.group(2)),
                Integer.parseInt(found.group(3)),
                ScriptedModel.rulesOf(found.group(4))))
        .toList();
  }

  private static List<String> refused(String user) {
    return REFUSED.matcher(user).results().map(found -> found.group(1)).toList();
  }

  static List<Shown> tickets(String user) {
    List<Shown> tickets = new ArrayList<>();
    List<String> parts = Pattern.compile("\n### ").splitAsStream(user).skip(1).toList();
    for (String part : parts) {
      List<String> lines = part.lines().toList();
      List<String> clauses = new ArrayList<>();
      Matcher pictures = Pattern.compile("(?m)^Image\\d+\\(obj=\\d+\\): (.*)$").matcher(part);
      while (pictures.find()) {
        clauses.addAll(ScriptedModel.clauses(pictures.group(1)));
      }
      tickets.add(
          new Shown(
              lines.getFirst(),
              lines.get(1).equals("标签: 通过"),
              lines.get(2).equals("判定: 通过"),
              lines.get(3).substring("理由: ".length()),
              clauses));
    }
    return tickets;
  }
}
