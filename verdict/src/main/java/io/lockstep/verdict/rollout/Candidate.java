package io.lockstep.verdict.rollout;

import io.lockstep.config.text.UsableText;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.MalformedJudgementException;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One answer on one group.
 *
 * @param number its place among the group's candidates, from 0
 * @param decoding how it was decoded
 * @param raw the answer, verbatim; empty if none came
 * @param judgement what it says, if it is well-formed
 * @param problem what is wrong with it; empty if nothing is
 */
public record Candidate(
    int number,
    Decoding decoding,
    String raw,
    Optional<Judgement> judgement,
    String problem,
    OptionalDouble meanLogProbability) {

  static Candidate of(int number, Decoding decoding, Reply reply) {
    if (!reply.problem().isEmpty()) {
      return new Candidate(
          number, decoding, "", Optional.empty(), reply.problem(), OptionalDouble.empty());
    }
    Optional<Judgement> judgement = Optional.empty();
    String problem = UsableText.problem(reply.text()).map("the answer "::concat).orElse("");
    if (!problem.isEmpty()) {
      return new Candidate(
          number, decoding, usable(reply.text()), judgement, problem, OptionalDouble.empty());
    }
    try {
      judgement = Optional.of(Judgement.parse(reply.text()));
    } catch (MalformedJudgementException e) {
      problem = String.valueOf(e.getMessage());
    }
    return new Candidate(
        number, decoding, reply.text(), judgement, problem, reply.meanLogProbability());
  }

  /** The text with a replacement character for each that no file can hold. */
  private static String usable(String text) {
    StringBuilder usable = new StringBuilder();
    text.codePoints()
        .map(c ->
            c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) ? 0xFFFD : c)
        .forEach(usable::appendCodePoint);
    return usable.toString();
  }
}
