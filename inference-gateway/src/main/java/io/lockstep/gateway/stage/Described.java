package io.lockstep.gateway.stage;

/** What came of asking about a picture. */
public sealed interface Described {

  /** The picture's name. */
  String id();

  /** A summary. */
  record Summarized(Summary summary) implements Described {
    @Override
    public String id() {
      return summary.id();
    }
  }

  /**
   * No answer at all.
   *
   * @param problem the length of the prompt, the model's first token and its probability, in one
   *     line
   */
  record NoAnswer(String id, String problem) implements Described {}
}
