package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.gateway.serving.CheckpointPrompts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A picture whose summary is known.
 *
 * @param place file and line of the record
 * @param prompt what the model is asked
 * @param answered the same with the right answer
 * @param truth the right answer
 */
public record Question(String place, Conversation prompt, Conversation answered, String truth) {

  /** Whether an answer is the right one, character by character. */
  public boolean isAnsweredBy(String answer) {
    return SameText.same(answer, truth);
  }

  /**
   * All of a data file, asked with the prompts a checkpoint was trained with.
   *
   * @throws UserError if the file holds no picture with a summary
   */
  public static List<Question> read(Path checkpoint, Path data) throws IOException {
    ConversationBuilder builder =
        new ConversationBuilder(CheckpointPrompts.read(checkpoint), Mode.SUMMARY, 0);
    List<Question> questions = new ArrayList<>();
    try (Dataset dataset = Dataset.open(data, builder)) {
      for (long i = 0; i < dataset.size(); i++) {
        if (dataset.read(i) instanceof ImageRecord image && image.summary().isPresent()) {
          questions.add(
              new Question(
                  image.origin().toString(),
                  dataset.promptOnly(0, i),
                  dataset.conversation(0, i),
                  image.summary().orElseThrow()));
        }
      }
    }
    if (questions.isEmpty()) {
      throw new UserError(data + " holds no pictures with a summary: there is nothing to evaluate");
    }
    return List.copyOf(questions);
  }
}
