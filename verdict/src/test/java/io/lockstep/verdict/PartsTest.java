package io.lockstep.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.guardrail.FailFirst;
import io.lockstep.verdict.guidance.Domain;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import io.lockstep.verdict.guidance.Operation;
import io.lockstep.verdict.guidance.RefusedOperationException;
import io.lockstep.verdict.rollout.Candidate;
import io.lockstep.verdict.rollout.Decoding;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.RolloutSection;
import io.lockstep.verdict.rollout.Rollouts;
import io.lockstep.verdict.selection.Selection;
import io.lockstep.verdict.selection.SelectionSection;
import io.lockstep.verdict.selection.Selector;
import io.lockstep.verdict.selection.Warning;
import io.lockstep.verdict.ticket.Ticket;
import io.lockstep.verdict.trial.Wealth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts, selection, guard rails and the rules of guidances. */
class PartsTest {

  private static final Domain DOMAIN =
      new Domain(
          "安装",
          "据各图摘要判定，只答Verdict、Reason两行。",
          "",
          List.of("松动", "损坏", "未按要求"),
          List.of("不符合要求/<issue>"),
          List.of("未发现", "无", "没有", "不存在"),
          List.of("是否", "无法判断", "只显示部分", "需复核"));

  private static final Guidance GUIDANCE =
      new Guidance(
          "机柜安装检查",
          "",
          List.of("螺丝", "光纤"),
          List.of(new GuidanceItem("G0", "螺丝、接头、光纤、挡风板有缺陷即不通过。")));

  private static final SelectionSection SETTINGS = new SelectionSection(0.67);

  /** What a checkpoint was trained to answer stays what it is asked. */
  @Test
  void theSimplestGuidanceGivesThePromptOfTraining() {
    List<String> summaries = List.of("标签/7×1，螺丝/紧固×12", "光纤/损坏×1，需复核,备注:反光");
    assertEquals(
        RolloutPrompt.of("机柜安装检查", summaries), Rollouts.prompt(DOMAIN, GUIDANCE, summaries));
  }

  @Test
  void everyItemAndTheFocusStandInThePromptAndNoLabel() {
    Guidance guidance =
        new Guidance(
            "检查",
            "看螺丝",
            List.of(),
            List.of(
                new GuidanceItem("S1", "先看全图"),
                new GuidanceItem("G0", "有缺陷即不通过"),
                new GuidanceItem("G7", "外露即不通过", 3, 1)));
    List<Question> asked = new ArrayList<>();
    Rollouts rollouts =
        new Rollouts(
            DOMAIN,
            new RolloutSection(List.of(Decoding.greedy(64), new Decoding(1, 1, 64, 5, 1)), 2, 8),
            questions -> {
              asked.addAll(questions);
              return questions.stream().map(_ -> Reply.of("Verdict: 通过\nReason: 好")).toList();
            });
    List<Ticket> tickets =
        List.of(
            new Ticket("A", "检查", Verdict.FAIL, List.of("螺丝/紧固×1")),
            new Ticket("A", "检查", Verdict.PASS, List.of("螺丝/紧固×1")));
    List<List<Candidate>> candidates = rollouts.of(guidance, tickets);

    assertEquals(List.of(4, 4), candidates.stream().map(List::size).toList());
    assertEquals(
        List.of(0L, 1L, 5L, 6L),
        asked.subList(0, 4).stream().map(question -> question.decoding().seed()).toList());
    assertEquals(asked.subList(0, 4), asked.subList(4, 8), "labels change nothing");
    assertEquals(DOMAIN.rules() + "\n[S1]先看全图\n[G0]有缺陷即不通过\n[G7]外露即不通过", asked.getFirst().system());
    assertEquals("任务：检查\n关注：看螺丝\nImage1(obj=1): 螺丝/紧固×1", asked.getFirst().user());
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          螺丝/松动×2,                    Image1: 螺丝/松动
          标签/正常×1，光纤/损坏×1,       Image1: 光纤/损坏
          螺丝/不符合要求/方向×1,         Image1: 螺丝/不符合要求/方向
          螺丝未按要求安装,               Image1: 螺丝未按要求安装
          标签/损坏×1,                    ''
          接头/松动×1,                    ''
          未发现螺丝松动,                 ''
          螺丝无损坏,                     ''
          无法判断螺丝是否松动,           ''
          螺丝/紧固×1，需复核,            ''
          '螺丝/紧固×1，需复核,备注:螺丝可能松动', ''
          '需复核,备注:反光；螺丝/松动×1', Image1: 螺丝/松动
          标签无遮挡但螺丝松动,           Image1: 螺丝松动
          不符合要求/方向×1,              ''
          """)
  void onlyAFaultOfWhatTheCheckListNamesForcesAFail(String summary, String reason) {
    assertEquals(
        reason,
        new FailFirst(DOMAIN)
            .find(GUIDANCE, List.of(summary))
            .map(FailFirst.Finding::reason)
            .orElse(""));
  }

  @Test
  void theGuardRailGoesByTheCheckListInForce() throws Exception {
    Guidance other = new Operation.Update("G0", "光纤有缺陷即不通过", List.of("a")).on(GUIDANCE);
    FailFirst failFirst = new FailFirst(DOMAIN);
    assertTrue(failFirst.find(other, List.of("螺丝/松动×1")).isEmpty());
    assertEquals(
        "Image2: 光纤/损坏",
        failFirst.find(other, List.of("螺丝/松动×1", "光纤/损坏×1")).orElseThrow().reason());
  }

  private static Candidate candidate(int number, double temperature, String answer, double lp) {
    Optional<Judgement> judgement =
        answer.equals("-")
            ? Optional.empty()
            : Optional.of(
                new Judgement(
                    answer.startsWith("P") ? Verdict.PASS : Verdict.FAIL, "reason" + number));
    return new Candidate(
        number,
        new Decoding(temperature, 1, 64, 0, 1),
        answer,
        judgement,
        judgement.isPresent() ? "" : "malformed",
        OptionalDouble.of(lp));
  }

  @ParameterizedTest
  @CsvSource({
    "P P F, PASS, 1, 0.6667, 'LOW_AGREEMENT ROLLOUT_CONTRADICTION'",
    "P P P, PASS, 1, 1, ''",
    "P F -, FAIL, 1, 0.5, 'TIED_VOTE LOW_AGREEMENT ROLLOUT_CONTRADICTION MALFORMED_CANDIDATES LABEL_MISMATCH'",
    "F P F, FAIL, 2, 0.6667, 'LOW_AGREEMENT ROLLOUT_CONTRADICTION LABEL_MISMATCH'",
    "- - F, FAIL, 2, 1, 'MALFORMED_CANDIDATES LABEL_MISMATCH'",
  })
  void theMajorityDecidesAndATieFails(
      String votes, Verdict verdict, int taken, double strength, String warnings) {
    // The second candidate is the coldest.
    List<Double> temperatures = List.of(1.0, 0.0, 0.5);
    List<String> each = List.of(votes.split(" ", -1));
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < each.size(); i++) {
      candidates.add(candidate(i, temperatures.get(i), each.get(i), -0.1 * (i + 1)));
    }
    Selection selection =
        Selector.select(candidates, Optional.empty(), Verdict.PASS, SETTINGS).orElseThrow();
    assertEquals(verdict, selection.judgement().verdict());
    assertEquals(taken, selection.candidate());
    assertEquals(strength, selection.voteStrength(), 1e-4);
    assertTrue(selection.meanLogProbability().getAsDouble() < 0);
    assertEquals(
        warnings, String.join(" ", selection.warnings().stream().map(Warning::name).toList()));
  }

  @Test
  void aGuardRailRewritesTheReason() {
    List<Candidate> candidates = List.of(candidate(0, 0, "P", -1));
    FailFirst.Finding finding = new FailFirst.Finding(2, "螺丝/松动");
    Selection selection =
        Selector.select(candidates, Optional.of(finding), Verdict.FAIL, SETTINGS).orElseThrow();
    assertEquals(new Judgement(Verdict.FAIL, "Image2: 螺丝/松动"), selection.judgement());
    assertEquals(Verdict.PASS, selection.voted());
    assertEquals(List.of(Warning.FAIL_FIRST_OVERRIDE), selection.warnings());
    assertTrue(
        Selector.select(
                List.of(candidate(0, 0, "-", -1)), Optional.of(finding), Verdict.FAIL, SETTINGS)
            .isEmpty(),
        "a group without a well-formed candidate has no verdict");
  }

  @Test
  void theRulesOfGuidancesHold() throws Exception {
    Guidance guidance =
        new Guidance(
            "检查",
            "",
            List.of(),
            List.of(
                new GuidanceItem("S1", "只读"),
                new GuidanceItem("G0", "清单"),
                new GuidanceItem("G1", "甲", 5, 0),
                new GuidanceItem("G3", "乙")));
    List<String> proof = List.of("a::pass");
    Guidance merged =
        new Operation.Merge(List.of("G1", "G3"), "甲或乙", proof)
            .on(new Operation.Add("丙", proof).on(guidance));
    assertEquals(List.of("S1 只读", "G0 清单", "G1 甲或乙", "G4 丙"), merged.texts());
    assertEquals(
        List.of("S1 只读", "G0 清单", "G1 甲", "G5 丁"),
        new Operation.Add("丁", proof)
            .on(
                new Operation.Delete("G3", proof)
                    .on(
                        new Operation.Delete("G4", proof)
                            .on(new Operation.Add("丙", proof).on(guidance))))
            .texts(),
        "numbers are never used again");
    for (Operation refused :
        List.of(
            new Operation.Update("S1", "改", proof),
            new Operation.Delete("S1", proof),
            new Operation.Delete("G0", proof),
            new Operation.Delete("G9", proof),
            new Operation.Merge(List.of("G0", "G1"), "x", proof),
            new Operation.Merge(List.of("G1"), "x", proof),
            new Operation.Merge(List.of("G1", "G1"), "x", proof),
            new Operation.Merge(List.of("G1", "G2"), "x", proof),
            new Operation.Add("拿不准时写待定", proof),
            new Operation.Add("Image3外露即不通过", proof),
            new Operation.Add("G17::fail不通过", proof),
            new Operation.Add("甲", proof),
            new Operation.Add("两\n行", proof),
            new Operation.Add("长".repeat(201), proof))) {
      assertThrows(RefusedOperationException.class, () -> refused.on(guidance), refused::toString);
    }
  }

  @Test
  void vainTestsCostAndFindingsEarn() {
    assertEquals(0.03125, Wealth.chance(5, 0), 1e-12);
    assertEquals(1, Wealth.chance(0, 3), 1e-12);
    assertEquals(0.6875, Wealth.chance(2, 2), 1e-12);
    Wealth start = new Wealth(0.5);
    Wealth poor = start;
    for (int i = 0; i < 50; i++) {
      poor = poor.after(false);
    }
    assertTrue(poor.level() < start.level() / 2, poor::toString);
    assertTrue(Wealth.chance(8, 0) < poor.level(), "what is plain is always taken");
    assertTrue(poor.after(true).wealth() > poor.wealth());
  }
}
