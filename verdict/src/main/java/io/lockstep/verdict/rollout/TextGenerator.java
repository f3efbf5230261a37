package io.lockstep.verdict.rollout;

import java.util.List;

/**
 * Answers questions with text. The same question always gets the same reply. In production it is
 * the gateway.
 */
@FunctionalInterface
public interface TextGenerator {

  /**
   * What comes of each question, in the same order; they may be answered at once.
   *
   * @throws RuntimeException if the generator can't be reached; nothing is known of any question
   *     then
   */
  List<Reply> generate(List<Question> questions);
}
