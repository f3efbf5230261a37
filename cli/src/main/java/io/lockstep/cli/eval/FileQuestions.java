package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.gateway.serving.CheckpointPrompts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a data file is asked.
 *
 * @param questions of its records, in their order
 * @param leftOut records without what is asked for
 */
public record FileQuestions(List<Question> questions, long leftOut) {

  /** What pictures are asked for; conversations are always asked for their last answer. */
  public enum Asked {
    /** The summary; records without one are left out. */
    SUMMARY,
    /** The objects. */
    DENSE,
    /** The summary if the record has one, else its objects; records with neither are left out. */
    AUTO
  }

  public FileQuestions {
    questions = List.copyOf(questions);
  }

  /**
   * The questions of a file, in the words a checkpoint was trained with.
   *
   * @param norm the unit of coordinates in dense answers
   * @throws UserError if nothing can be asked
   */
  public static FileQuestions read(Path checkpoint, Path data, Asked asked, EmitNorm norm)
      throws IOException {
    Prompts prompts = CheckpointPrompts.read(checkpoint);
    ConversationBuilder summary = new ConversationBuilder(prompts, Mode.SUMMARY, norm, 0);
    ConversationBuilder dense = new ConversationBuilder(prompts, Mode.DENSE, norm, 0);
    List<Question> questions = new ArrayList<>();
    long leftOut = 0;
    try (Dataset dataset = Dataset.open(data, summary)) {
      for (long i = 0; i < dataset.size(); i++) {
        DataRecord record = dataset.read(i);
        Optional<ConversationBuilder> builder = builder(record, asked, summary, dense);
        if (builder.isPresent()) {
          questions.add(Question.of(record, builder.get(), i));
        } else {
          leftOut++;
        }
      }
    }
    if (questions.isEmpty()) {
      throw new UserError(
          data
              + (asked == Asked.SUMMARY
                  ? " holds no pictures with a summary: there is nothing to evaluate; ask for objects with --mode dense"
                  : " holds no pictures with a summary or objects: there is nothing to evaluate"));
    }
    return new FileQuestions(questions, leftOut);
  }

  private static Optional<ConversationBuilder> builder(
      DataRecord record, Asked asked, ConversationBuilder summary, ConversationBuilder dense) {
    return switch (record) {
      case ChatRecord _ -> Optional.of(summary);
      case ImageRecord _ when asked == Asked.DENSE -> Optional.of(dense);
      case ImageRecord image when image.summary().isPresent() -> Optional.of(summary);
      case ImageRecord image when asked == Asked.AUTO && !image.objects().isEmpty() ->
          Optional.of(dense);
      case ImageRecord _ -> Optional.empty();
    };
  }
}
