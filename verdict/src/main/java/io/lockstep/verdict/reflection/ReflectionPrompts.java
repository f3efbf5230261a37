package io.lockstep.verdict.reflection;

import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import io.lockstep.verdict.rollout.Decoding;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.selection.Ruling;
import java.util.List;

/** The questions of both passes. They show tickets with their labels. */
public final class ReflectionPrompts {

  /** The first line of the decision pass. */
  public static final String DECISION = "复盘一：找出摘要中没有依据、无法学习的工单。";

  /** The first line of the operations pass. */
  public static final String OPERATIONS = "复盘二：逐条提出对指导条目的修改。";

  /** What stands before the changes that were refused before. */
  public static final String REFUSED = "已否决：";

  private static final String DECISION_RULES =
      DECISION
          + "\n每个工单给出标签、判定、理由和各图摘要。如果看了标签仍然找不到判错的依据，就列出该工单。"
          + "\n只输出JSON：{\"no_evidence_group_ids\":[\"工单号\"]}";

  private static final String OPERATIONS_RULES =
      OPERATIONS
          + "\nS*只读；G0只可update；G1起可add、update、delete、merge；没有可改的写none。每条写明作为依据的工单号。"
          + "\n条目要通用：不写图号、工单号，不用第三种判定。拿不准的写成假设，并写明如何证伪。"
          + "\n只输出JSON：{\"operations\":[{\"op\":\"add\",\"text\":\"\",\"evidence\":[\"\"]},"
          + "{\"op\":\"update\",\"key\":\"G1\",\"text\":\"\",\"evidence\":[\"\"]},"
          + "{\"op\":\"delete\",\"key\":\"G1\",\"evidence\":[\"\"]},"
          + "{\"op\":\"merge\",\"keys\":[\"G1\",\"G2\"],\"text\":\"\",\"evidence\":[\"\"]},{\"op\":\"none\"}],"
          + "\"hypotheses\":[{\"text\":\"\",\"falsifier\":\"\",\"evidence\":[\"\"]}]}";

  private ReflectionPrompts() {}

  static Question decision(Guidance guidance, List<Ruling> tickets, Decoding decoding) {
    return new Question(DECISION_RULES, user(guidance, tickets, List.of()), decoding);
  }

  static Question operations(
      Guidance guidance, List<Ruling> tickets, List<String> refused, Decoding decoding) {
    return new Question(OPERATIONS_RULES, user(guidance, tickets, refused), decoding);
  }

  private static String user(Guidance guidance, List<Ruling> tickets, List<String> refused) {
    StringBuilder text = new StringBuilder("任务：").append(guidance.mission());
    for (GuidanceItem item : guidance.items()) {
      text.append("\n[%s](帮对%d，害错%d)".formatted(item.key(), item.helped(), item.harmed()));
      text.append(item.text());
    }
    refused.forEach(each -> text.append('\n').append(REFUSED).append(each));
    for (Ruling ruling : tickets) {
      text.append("\n### ").append(ruling.ticket().key());
      text.append("\n标签: ").append(ruling.ticket().label().label());
      ruling
          .selection()
          .ifPresent(selected -> {
            text.append("\n判定: ").append(selected.judgement().verdict().label());
            text.append("\n理由: ").append(selected.judgement().reason());
          });
      RolloutPrompt.lines(ruling.ticket().summaries())
          .forEach(line -> text.append('\n').append(line));
    }
    return text.toString();
  }
}
