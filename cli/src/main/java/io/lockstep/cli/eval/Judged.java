package io.lockstep.cli.eval;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.DenseReading;
import io.lockstep.data.answer.Repetition;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.score.DenseScore;
import io.lockstep.model.generate.EmptyGeneration;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationResult;
import java.util.List;
import java.util.Optional;

/**
 * An answer and what it counts as.
 *
 * @param question what was asked
 * @param answer what was answered; nothing but blanks is the empty text
 * @param promptTokens tokens of the prompt, picture tokens included
 * @param newTokens tokens of the answer without its end
 * @param endedByModel whether the model ended it; otherwise the limit did
 * @param verdict what it counts as
 * @param exact whether the model ended it and it is the wanted text to the character
 * @param dense how its objects match, of dense questions; of an answer that is empty, a loop, cut
 *     off or unreadable no object counts
 * @param reason why it is a loop, cut or unparseable; empty otherwise
 */
public record Judged(
    Question question,
    String answer,
    int promptTokens,
    int newTokens,
    boolean endedByModel,
    Verdict verdict,
    boolean exact,
    Optional<DenseScore> dense,
    String reason) {

  private static final int SHOWN = 40;

  /**
   * Judges what came of a question.
   *
   * @param maxNewTokens the limit under which it was asked
   */
  public static Judged of(Question question, GenerationResult result, int maxNewTokens) {
    return switch (result) {
      case EmptyGeneration nothing ->
          new Judged(
              question,
              "",
              nothing.promptTokens(),
              nothing.newTokens(),
              nothing.newTokens() < maxNewTokens,
              Verdict.EMPTY,
              false,
              question.scene().map(scene -> scene.score(List.of())),
              "");
      case Generation answer -> judge(question, answer);
    };
  }

  private static Judged judge(Question question, Generation answer) {
    boolean exact = answer.endedByEos() && question.isAnsweredBy(answer.text());
    Optional<DenseReading> reading = question.scene().map(scene -> scene.read(answer.text()));
    Optional<DenseScore> whole =
        reading.map(read ->
            question
                .scene()
                .orElseThrow()
                .score(read instanceof DenseReading.Parsed(var objects) ? objects : List.of()));
    Optional<String> unreadable = reading.flatMap(Judged::problem);
    boolean right =
        answer.endedByEos()
            && unreadable.isEmpty()
            && whole.map(score -> score.overall().isPerfect()).orElse(exact);
    Optional<Repetition> loop = right ? Optional.empty() : Repetition.atEndOf(answer.text());
    Verdict verdict;
    String reason = "";
    if (right) {
      verdict = Verdict.RIGHT;
    } else if (loop.isPresent()) {
      verdict = Verdict.LOOP;
      reason = told(loop.get());
    } else if (!answer.endedByEos()) {
      verdict = Verdict.CUT;
      reason = reading.map(read -> howFar(question, read)).orElse("");
    } else if (unreadable.isPresent()) {
      verdict = Verdict.UNPARSEABLE;
      reason = unreadable.get();
    } else {
      verdict = Verdict.WRONG;
    }
    boolean counts = verdict == Verdict.RIGHT || verdict == Verdict.WRONG;
    return new Judged(
        question,
        answer.text(),
        answer.promptTokens(),
        answer.newTokens(),
        answer.endedByEos(),
        verdict,
        exact,
        counts ? whole : question.scene().map(scene -> scene.score(List.of())),
        reason);
  }

  private static Optional<String> problem(DenseReading reading) {
    return switch (reading) {
      case DenseReading.Parsed _ -> Optional.empty();
      case DenseReading.Unparseable(String reason, _) -> Optional.of(reason);
    };
  }

  private static String told(Repetition loop) {
    String piece = loop.piece();
    return "'%s' %d times at the end"
        .formatted(
            piece.length() <= SHOWN ? piece : piece.substring(0, SHOWN) + "...", loop.times());
  }

  private static String howFar(Question question, DenseReading reading) {
    List<AnsweredObject> complete =
        switch (reading) {
          case DenseReading.Parsed(List<AnsweredObject> objects) -> objects;
          case DenseReading.Unparseable(_, List<AnsweredObject> objects) -> objects;
        };
    return "%d objects complete of %d wanted"
        .formatted(complete.size(), question.scene().orElseThrow().truths().size());
  }

  /** The answer as it is compared: in Unicode's form NFC, without blanks around it. */
  public String filtered() {
    return SameText.form(answer).strip();
  }
}
