package io.lockstep.client;

import io.lockstep.data.answer.Finish;

/** What came of asking about a picture. */
public sealed interface Described {

  /** The picture's name. */
  String id();

  /**
   * What the model says about it.
   *
   * @param text the summary, never blank
   * @param promptTokens length of the prompt in tokens
   * @param newTokens generated tokens without the end token
   * @param finish what ended it: of one that was cut by the limit more was to be said
   */
  record Summary(String id, String text, int promptTokens, int newTokens, Finish finish)
      implements Described {}

  /**
   * No answer at all.
   *
   * @param problem the length of the prompt, the model's first token and its probability, in one
   *     line
   */
  record NoAnswer(String id, String problem) implements Described {}
}
