package io.lockstep.cli.eval;

import io.lockstep.data.score.DenseScore;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many answers of each kind came to which verdict.
 *
 * @param verdicts counts; what is not there is 0
 * @param exact answers that are the wanted text to the character
 * @param dense how the objects of dense answers match, all together
 */
public record Outcomes(Map<AnswerKind, Map<Verdict, Long>> verdicts, long exact, DenseScore dense) {

  /** Of no answers yet. */
  public static final Outcomes NONE = new Outcomes(Map.of(), 0, DenseScore.NONE);

  public Outcomes {
    verdicts = Map.copyOf(verdicts);
  }

  /** With one more answer. */
  public Outcomes plus(Judged answer) {
    AnswerKind kind = answer.question().kind();
    Map<Verdict, Long> ofKind = new EnumMap<>(Verdict.class);
    ofKind.putAll(verdicts.getOrDefault(kind, Map.of()));
    ofKind.merge(answer.verdict(), 1L, Long::sum);
    Map<AnswerKind, Map<Verdict, Long>> all = new EnumMap<>(AnswerKind.class);
    all.putAll(verdicts);
    all.put(kind, Map.copyOf(ofKind));
    return new Outcomes(
        all, exact + (answer.exact() ? 1 : 0), answer.dense().map(dense::plus).orElse(dense));
  }

  /** Questions of a kind. */
  public long asked(AnswerKind kind) {
    return verdicts.getOrDefault(kind, Map.of()).values().stream().mapToLong(each -> each).sum();
  }

  /** Answers of a kind with a verdict. */
  public long count(AnswerKind kind, Verdict verdict) {
    return verdicts.getOrDefault(kind, Map.of()).getOrDefault(verdict, 0L);
  }

  /** Answers of all kinds with a verdict. */
  public long count(Verdict verdict) {
    return verdicts.keySet().stream().mapToLong(kind -> count(kind, verdict)).sum();
  }

  /** The share of right answers; not a number if there is no answer of that kind at all. */
  public double rightShare(AnswerKind kind) {
    return share(count(kind, Verdict.RIGHT), asked(kind), count(kind, Verdict.EMPTY));
  }

  /** The share of right answers of all kinds; not a number if there is no answer at all. */
  public double rightShare() {
    return share(count(Verdict.RIGHT), asked(), count(Verdict.EMPTY));
  }

  /** The share of answers right to the character; not a number if there is no answer at all. */
  public double exactShare() {
    return share(exact, asked(), count(Verdict.EMPTY));
  }

  private long asked() {
    return verdicts.keySet().stream().mapToLong(this::asked).sum();
  }

  private static double share(long right, long asked, long empty) {
    return asked == empty ? Double.NaN : (double) right / asked;
  }
}
