package io.lockstep.data.stageb;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A verdict on a group and its reason, written as exactly two lines: {@code Verdict: 通过} or {@code
 * Verdict: 不通过}, then {@code Reason: <one line>}.
 *
 * @param verdict pass or fail
 * @param reason one non-blank line without surrounding blanks and without third-state wording
 */
public record Judgement(Verdict verdict, String reason) {

  private static final String VERDICT_PREFIX = "Verdict: ";
  private static final String REASON_PREFIX = "Reason: ";

  /** Words that dodge the decision, in lower case; neither line may hold one. */
  private static final List<String> THIRD_STATE =
      List.of("需复核", "待复核", "need-review", "need review", "证据不足", "待定", "无法判断", "无法判定", "不确定");

  public Judgement {
    problemOfReason(reason)
        .ifPresent(problem -> {
          throw new IllegalArgumentException(problem + "; the reason was: \"" + reason + "\"");
        });
  }

  /** The two lines, without a line break at the end. */
  public String text() {
    return VERDICT_PREFIX + verdict.label() + "\n" + REASON_PREFIX + reason;
  }

  /**
   * Reads the two lines; anything else, be it one blank too many, is malformed.
   *
   * @throws MalformedJudgementException naming the first problem
   */
  public static Judgement parse(String answer) throws MalformedJudgementException {
    String[] lines = answer.split("\n", -1);
    if (lines.length != 2) {
      throw new MalformedJudgementException(
          "a judgement has exactly 2 lines, this has " + lines.length, answer);
    }
    Optional<String> dodged = thirdState(answer);
    if (dodged.isPresent()) {
      throw new MalformedJudgementException(
          "\"" + dodged.get() + "\" is a third state; only 通过 and 不通过 exist", answer);
    }
    Verdict verdict = parseVerdict(lines[0], answer);
    if (!lines[1].startsWith(REASON_PREFIX)) {
      throw new MalformedJudgementException(
          "line 2 must start with \"" + REASON_PREFIX + "\"", answer);
    }
    String reason = lines[1].substring(REASON_PREFIX.length());
    Optional<String> problem = problemOfReason(reason);
    if (problem.isPresent()) {
      throw new MalformedJudgementException(problem.get(), answer);
    }
    return new Judgement(verdict, reason);
  }

  private static Verdict parseVerdict(String line, String answer)
      throws MalformedJudgementException {
    for (Verdict verdict : Verdict.values()) {
      if (line.equals(VERDICT_PREFIX + verdict.label())) {
        return verdict;
      }
    }
    throw new MalformedJudgementException(
        "line 1 must be \"Verdict: 通过\" or \"Verdict: 不通过\"", answer);
  }

  private static Optional<String> problemOfReason(String reason) {
    if (reason.isBlank()) {
      return Optional.of("the reason is empty");
    }
    if (!reason.equals(reason.strip())) {
      return Optional.of("the reason has blanks around it");
    }
    if (reason.chars().anyMatch(c -> c == '\n' || c == '\r')) {
      return Optional.of("the reason has a line break in it");
    }
    return thirdState(reason)
        .map(word -> "\"" + word + "\" is a third state; a reason speaks for 通过 or 不通过");
  }

  /** The first word of a third state in a text, if there is one. */
  public static Optional<String> thirdState(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    return THIRD_STATE.stream().filter(lower::contains).findFirst();
  }
}
