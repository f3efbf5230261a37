package io.lockstep.client;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.Finish;
import java.util.List;

/** What came of asking for the objects of a picture: dense captioning. */
public sealed interface Captioned {

  /** The picture's name. */
  String id();

  /**
   * An answer.
   *
   * @param width of the picture in pixels, upright
   * @param height of the picture in pixels
   * @param objects in the answer's order, in pixels of the picture
   * @param raw the answer, verbatim
   * @param promptTokens length of the prompt in tokens
   * @param newTokens generated tokens without the end token
   * @param finish what ended it
   */
  record Answer(
      int width,
      int height,
      List<AnsweredObject> objects,
      String raw,
      int promptTokens,
      int newTokens,
      Finish finish) {

    public Answer {
      objects = List.copyOf(objects);
    }
  }

  /** An answer of the trained form: these are its objects. */
  record Parsed(String id, Answer answer) implements Captioned {}

  /**
   * An answer that is not of the trained form.
   *
   * @param problem what is wrong with it first, and where
   * @param answer its objects are those before that: they tell how far it got, not what is there
   */
  record Unparseable(String id, String problem, Answer answer) implements Captioned {}

  /**
   * No answer at all.
   *
   * @param problem the length of the prompt, the model's first token and its probability, in one
   *     line
   */
  record NoAnswer(String id, String problem) implements Captioned {}
}
