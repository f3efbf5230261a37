package io.lockstep.verdict;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.ticket.Draws;
import java.util.List;

/** Forbids what is as it should be, and wants to do without what is right. */
final class WrongReflector implements ScriptedModel.Reflecting {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public String decide(Question question) {
    return "{\"no_evidence_group_ids\":[]}";
  }

  @Override
  public String propose(Question question) {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode operations = answer.putArray("operations");
    answer.putArray("hypotheses");
    List<RuleReflector.Item> items = RuleReflector.items(question.user());
    for (RuleReflector.Shown ticket : RuleReflector.tickets(question.user())) {
      double draw = Draws.unit(1, ticket.key(), question.user());
      ObjectNode operation = operations.addObject();
      if (draw < 0.3 && items.size() > 1) {
        operation.put("op", "delete").put("key", items.getLast().key());
      } else {
        List<String> proper =
            ticket.clauses().stream()
                .filter(clause -> World.PROPER.stream().anyMatch(clause::endsWith))
                .toList();
        String blamed = proper.get((int) (draw * proper.size()));
        operation.put("op", "add").put("text", blamed + ScriptedModel.FAILS);
      }
      operation.putArray("evidence").add(ticket.key());
    }
    return answer.toString();
  }
}
