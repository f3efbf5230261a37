package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.gateway.serving.CheckpointPrompts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
   * @param norm the unit of coordinates in dense answers; the checkpoint's unless it is given
   * @param untrained whether a task is asked for that the checkpoint never learned
   * @throws UserError if nothing can be asked, or only what the checkpoint never learned
   */
  public static FileQuestions read(
      Path checkpoint, Path data, Asked asked, Optional<EmitNorm> norm, boolean untrained)
      throws IOException {
    TrainedTasks trained = CheckpointPrompts.read(checkpoint);
    Set<Task> askable = askable(checkpoint, trained, asked, untrained);
    EmitNorm unit = norm.orElse(trained.emitNorm());
    ConversationBuilder summary =
        new ConversationBuilder(trained.prompts(Task.SUMMARY), Mode.SUMMARY, unit, 0);
    ConversationBuilder dense =
        new ConversationBuilder(trained.prompts(Task.DENSE), Mode.DENSE, unit, 0);
    List<Question> questions = new ArrayList<>();
    long leftOut = 0;
    try (Dataset dataset = Dataset.open(data, summary)) {
      for (long i = 0; i < dataset.size(); i++) {
        DataRecord record = dataset.read(i);
        Optional<ConversationBuilder> builder =
            task(record, askable).map(task -> task == Task.SUMMARY ? summary : dense);
        if (builder.isPresent()) {
          questions.add(Question.of(record, builder.get(), i));
        } else {
          leftOut++;
        }
      }
    }
    if (questions.isEmpty() && askable.isEmpty()) {
      throw new UserError(checkpoint + ": " + trained.refusal(Task.SUMMARY).orElseThrow());
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

  /** What pictures may be asked for, and a refusal where that is nothing. */
  private static Set<Task> askable(
      Path checkpoint, TrainedTasks trained, Asked asked, boolean untrained) {
    Set<Task> tasks =
        switch (asked) {
          case SUMMARY -> EnumSet.of(Task.SUMMARY);
          case DENSE -> EnumSet.of(Task.DENSE);
          case AUTO -> EnumSet.allOf(Task.class);
        };
    if (untrained) {
      return tasks;
    }
    List<String> refusals = tasks.stream().flatMap(task -> trained.refusal(task).stream()).toList();
    // Conversations are asked for what they are, whatever pictures were used for.
    if (refusals.size() == tasks.size() && asked != Asked.AUTO) {
      throw new UserError(checkpoint + ": " + refusals.getFirst());
    }
    tasks.removeIf(task -> !trained.isTrained(task));
    return tasks;
  }

  /** What a record is asked for, conversations for their last answer; nothing if it is left out. */
  private static Optional<Task> task(DataRecord record, Set<Task> askable) {
    return switch (record) {
      case ChatRecord _ -> Optional.of(Task.SUMMARY);
      case ImageRecord image when askable.contains(Task.SUMMARY) && image.summary().isPresent() ->
          Optional.of(Task.SUMMARY);
      // Where nothing else may be asked for, a picture without objects has the answer that there
      // are none.
      case ImageRecord image
          when askable.contains(Task.DENSE)
              && (askable.size() == 1 || !image.objects().isEmpty()) ->
          Optional.of(Task.DENSE);
      case ImageRecord _ -> Optional.empty();
    };
  }
}
