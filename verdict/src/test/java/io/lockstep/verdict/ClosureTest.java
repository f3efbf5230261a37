package io.lockstep.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import io.lockstep.verdict.reflection.Budget;
import io.lockstep.verdict.reflection.Reflection;
import io.lockstep.verdict.reflection.ReflectionPrompts;
import io.lockstep.verdict.reflection.ReflectionSection;
import io.lockstep.verdict.reflection.Reflector;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.selection.Ruling;
import io.lockstep.verdict.selection.Selection;
import io.lockstep.verdict.ticket.Ticket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Learnability closure over random proposals: L = E ∪ H, or the budget is exhausted. */
class ClosureTest {

  private static final Guidance GUIDANCE =
      new Guidance(
          "检查", "", List.of(), List.of(new GuidanceItem("G0", "清单"), new GuidanceItem("G1", "甲")));

  private static final List<String> OPERATIONS =
      List.of(
          "{\"op\":\"add\",\"text\":\"乙\",\"evidence\":%s}",
          "{\"op\":\"update\",\"key\":\"G1\",\"text\":\"丙\",\"evidence\":%s}",
          "{\"op\":\"delete\",\"key\":\"G1\",\"evidence\":%s}",
          "{\"op\":\"merge\",\"keys\":[\"G1\",\"G2\"],\"text\":\"丁\",\"evidence\":%s}",
          "{\"op\":\"none\"}",
          "{\"op\":\"rewrite\",\"evidence\":%s}",
          "{\"op\":\"add\",\"evidence\":%s}",
          "{\"op\":\"add\",\"text\":\"\",\"evidence\":%s,\"more\":1}");

  /** Answers at random, in part with what wasn't asked for. */
  private static final class Chaos implements TextGenerator {
    private final Random random;
    private final Map<String, Integer> proposed = new HashMap<>();
    private int calls;

    Chaos(Random random) {
      this.random = random;
    }

    @Override
    public List<Reply> generate(List<Question> questions) {
      return questions.stream().map(this::answer).toList();
    }

    private Reply answer(Question question) {
      calls++;
      List<String> keys =
          RuleReflector.tickets(question.user()).stream().map(RuleReflector.Shown::key).toList();
      boolean decides = question.system().startsWith(ReflectionPrompts.DECISION);
      if (!decides) {
        keys.forEach(key -> proposed.merge(key, 1, Integer::sum));
      }
      if (random.nextInt(8) == 0) {
        return random.nextBoolean() ? Reply.none("no answer") : Reply.of("{\"operations\":[");
      }
      if (decides) {
        return Reply.of("{\"no_evidence_group_ids\":%s}".formatted(some(keys)));
      }
      List<String> operations = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        operations.add(OPERATIONS.get(random.nextInt(OPERATIONS.size())).formatted(some(keys)));
      }
      String hypotheses =
          random.nextInt(3) == 0
              ? "{\"text\":\"戊\",\"falsifier\":\"己\",\"evidence\":%s}".formatted(some(keys))
              : "";
      return Reply.of(
          "{\"operations\":[%s],\"hypotheses\":[%s]}"
              .formatted(String.join(",", operations), hypotheses));
    }

    private String some(List<String> keys) {
      List<String> some = new ArrayList<>(List.of("\"stranger::pass\""));
      keys.stream().filter(_ -> random.nextInt(3) == 0).forEach(key -> some.add("\"" + key + "\""));
      return some.toString();
    }
  }

  @RepeatedTest(value = 300, name = "{currentRepetition}")
  void everyTicketIsCitedOrWithoutEvidenceOrExhausted(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    int retries = random.nextInt(4);
    int most = 1 + random.nextInt(30);
    ReflectionSection settings =
        new ReflectionSection(
            1 + random.nextInt(8), 4, retries, most, 3, new ReflectionSection.Answers(256));
    List<Ruling> rulings = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(20); i++) {
      rulings.add(ruling("T" + i));
    }
    Chaos chaos = new Chaos(random);
    Budget budget = new Budget(settings);
    Reflection reflection =
        new Reflector(chaos, settings).reflect(GUIDANCE, rulings, List.of(), budget);

    Set<String> all =
        rulings.stream().map(ruling -> ruling.ticket().key()).collect(Collectors.toSet());
    Set<String> learnable = new HashSet<>(all);
    learnable.removeAll(reflection.noEvidence());
    Set<String> cited = new HashSet<>(reflection.citedByOperations());
    cited.addAll(reflection.citedByHypotheses());
    Set<String> closed = new HashSet<>(cited);
    closed.addAll(reflection.exhausted());
    assertEquals(learnable, closed);
    assertEquals(learnable.size(), cited.size() + reflection.exhausted().size(), "in one only");
    assertTrue(all.containsAll(reflection.noEvidence()));
    assertTrue(reflection.calls() <= most);
    assertEquals(chaos.calls, reflection.calls());
    chaos.proposed.forEach((key, count) -> assertTrue(count <= 1 + retries, key));
    if (budget.hasCalls()) {
      reflection
          .exhausted()
          .forEach(key -> assertEquals(1 + retries, chaos.proposed.get(key), key));
    }
  }

  private static Ruling ruling(String group) {
    return new Ruling(
        new Ticket(group, "检查", Verdict.FAIL, List.of("螺丝/紧固×1")),
        List.of(),
        Optional.of(
            new Selection(
                new Judgement(Verdict.PASS, "好"),
                Verdict.PASS,
                0,
                1,
                1,
                OptionalDouble.empty(),
                List.of())));
  }
}
