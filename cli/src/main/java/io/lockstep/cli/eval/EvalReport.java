package io.lockstep.cli.eval;

import io.lockstep.cli.console.Share;
import io.lockstep.cli.console.Table;
import io.lockstep.data.score.DenseScore;
import io.lockstep.data.score.MatchCounts;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A score as text for people and as figures for programs. */
public final class EvalReport {

  private static final String DENSE = "dense";

  private EvalReport() {}

  /** The score in lines, each ending in a line feed. */
  public static String text(Score score) {
    Outcomes outcomes = score.outcomes();
    StringBuilder text = new StringBuilder();
    text.append("token accuracy: %s%n".formatted(Share.text(score.tokenAccuracy())));
    for (AnswerKind kind : AnswerKind.values()) {
      if (outcomes.asked(kind) > 0) {
        text.append(
            "%s: %s (%d of %d; %d no answer)%n"
                .formatted(
                    kind == AnswerKind.DENSE ? "dense right" : kind.label() + " exact match",
                    Share.text(outcomes.rightShare(kind)),
                    outcomes.count(kind, Verdict.RIGHT),
                    outcomes.asked(kind),
                    outcomes.count(kind, Verdict.EMPTY)));
      }
    }
    String others =
        Stream.of(Verdict.WRONG, Verdict.CUT, Verdict.LOOP, Verdict.UNPARSEABLE)
            .filter(verdict -> outcomes.count(verdict) > 0)
            .map(verdict -> outcomes.count(verdict) + " " + verdict.label())
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      text.append("not right: %s%n".formatted(others));
    }
    if (outcomes.asked(AnswerKind.DENSE) > 0) {
      text.append(objects(outcomes.dense()));
    }
    return text.toString();
  }

  private static String objects(DenseScore score) {
    Table table =
        new Table()
            .row(
                "objects", "true", "answered", "mean IoU", "precision", "recall", "F1", "captions");
    row(table, "all", score.overall());
    row(table, "boxes", score.boxes());
    row(table, "polygons", score.polygons());
    row(table, "lines", score.lines());
    return table.render();
  }

  private static void row(Table table, String name, MatchCounts counts) {
    table.row(
        name,
        String.valueOf(counts.truths()),
        String.valueOf(counts.answered()),
        Share.text(counts.meanIou()),
        Share.text(counts.precision()),
        Share.text(counts.recall()),
        Share.text(counts.f1()),
        Share.text(counts.captionMatch()));
  }

  /**
   * The score's figures by their names. Numbers that are not a number stand for shares of nothing.
   * Those of a kind of question are there if it was asked, {@code summary_exact_match} always.
   */
  public static SequencedMap<String, Object> figures(Score score) {
    Outcomes outcomes = score.outcomes();
    SequencedMap<String, Object> figures = new LinkedHashMap<>();
    figures.put("summary_exact_match", outcomes.rightShare(AnswerKind.SUMMARY));
    if (outcomes.asked(AnswerKind.CHAT) > 0) {
      figures.put("chat_exact_match", outcomes.rightShare(AnswerKind.CHAT));
    }
    figures.put("exact_match", outcomes.exactShare());
    for (Verdict verdict : Verdict.values()) {
      figures.put(
          verdict == Verdict.EMPTY ? "no_answer" : verdict.label(), outcomes.count(verdict));
    }
    figures.put("token_accuracy", score.tokenAccuracy());
    figures.put("token_budget", score.budget());
    figures.put("pictures", score.pictures());
    figures.put("questions", score.questions());
    if (outcomes.asked(AnswerKind.DENSE) > 0) {
      figures.put("dense_right", outcomes.rightShare(AnswerKind.DENSE));
      DenseScore dense = outcomes.dense();
      objects(figures, DENSE, dense.overall());
      objects(figures, DENSE + "_boxes", dense.boxes());
      objects(figures, DENSE + "_polygons", dense.polygons());
      objects(figures, DENSE + "_lines", dense.lines());
    }
    return figures;
  }

  private static void objects(Map<String, Object> figures, String prefix, MatchCounts counts) {
    figures.put(prefix + "_truths", counts.truths());
    figures.put(prefix + "_answered", counts.answered());
    figures.put(prefix + "_mean_iou", counts.meanIou());
    figures.put(prefix + "_precision", counts.precision());
    figures.put(prefix + "_recall", counts.recall());
    figures.put(prefix + "_f1", counts.f1());
    figures.put(prefix + "_caption_match", counts.captionMatch());
  }

  /** An answer that is not right, in two lines or three. */
  public static String notRight(Judged answer) {
    return String.format(
        Locale.ROOT,
        "%s: %s%n  %s answer: %s%n%s",
        answer.question().place(),
        answer.question().truth(),
        answer.verdict().label(),
        answer.answer().replace('\n', ' '),
        answer.reason().isEmpty() ? "" : "  " + answer.reason() + System.lineSeparator());
  }
}
