package io.lockstep.cli.eval;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.CoordinateRange;
import io.lockstep.data.answer.DenseAnswerReader;
import io.lockstep.data.answer.DenseReading;
import io.lockstep.data.score.DenseScore;
import java.util.List;

/**
 * A picture whose objects are known, as the wanted answer states them: rounded to its unit.
 *
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 * @param range the unit of answers
 * @param truths in the unit of answers
 */
public record Scene(int width, int height, CoordinateRange range, List<AnsweredObject> truths) {

  public Scene {
    truths = List.copyOf(truths);
  }

  /**
   * A picture with the answer that is wanted.
   *
   * @param place of the record, for the error
   * @throws IllegalStateException if that answer is not of the form that models are taught
   */
  static Scene of(String place, int width, int height, CoordinateRange range, String wanted) {
    return switch (new DenseAnswerReader(range).read(wanted)) {
      case DenseReading.Parsed(List<AnsweredObject> truths) ->
          new Scene(width, height, range, truths);
      case DenseReading.Unparseable(String reason, _) ->
          throw new IllegalStateException(
              "%s: its own dense answer can't be read: %s".formatted(place, reason));
    };
  }

  /** What an answer says. */
  public DenseReading read(String answer) {
    return new DenseAnswerReader(range).read(answer);
  }

  /** How well objects that were answered match; none for an answer that does not count. */
  public DenseScore score(List<AnsweredObject> answered) {
    return DenseScore.of(inPixels(answered), inPixels(truths), width, height);
  }

  private List<AnsweredObject> inPixels(List<AnsweredObject> objects) {
    return objects.stream().map(object -> object.inPixels(range, width, height)).toList();
  }
}
