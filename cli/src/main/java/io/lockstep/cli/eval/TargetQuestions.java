package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.fusion.TrainedTasks;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.gateway.serving.CheckpointPrompts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/** What the targets of a fusion are evaluated with; its sources are left out. */
public final class TargetQuestions {

  private TargetQuestions() {}

  /**
   * The questions of each target's validation records, in the words in which it is trained.
   *
   * @param untrained whether a target is asked for what the checkpoint never learned, or in words
   *     in which it never learned it
   * @throws UserError naming the targets without validation records, if no target has any, or a
   *     target that asks for what the checkpoint never learned
   */
  public static SequencedMap<String, List<Question>> read(
      Path checkpoint, FusionConfig fusion, EmitNorm emitNorm, boolean untrained)
      throws IOException {
    TrainedTasks trained = CheckpointPrompts.read(checkpoint);
    SequencedMap<String, List<Question>> questions = new LinkedHashMap<>();
    for (DatasetConfig target : fusion.targets()) {
      if (target.valJsonl().isPresent()) {
        questions.put(
            target.name(),
            read(checkpoint, target, target.valJsonl().get(), trained, emitNorm, untrained));
      }
    }
    if (questions.isEmpty()) {
      throw new UserError(
          "no target of data.fusion has a val_jsonl: add one to "
              + fusion.targets().stream()
                  .map(DatasetConfig::name)
                  .collect(Collectors.joining(" or ")));
    }
    return questions;
  }

  private static List<Question> read(
      Path checkpoint,
      DatasetConfig target,
      Path file,
      TrainedTasks trained,
      EmitNorm emitNorm,
      boolean untrained) {
    List<Question> questions = new ArrayList<>();
    try (Dataset dataset = target.open(file, trained.run(), emitNorm)) {
      if (!untrained) {
        requireTrained(checkpoint, target, dataset.builder(), trained);
      }
      for (long i = 0; i < dataset.size(); i++) {
        DataRecord record = dataset.read(i);
        if (hasAnswer(dataset, record, i)) {
          questions.add(Question.of(record, dataset.builder(), i));
        }
      }
    }
    if (questions.isEmpty()) {
      throw new UserError(file + " holds nothing to evaluate target '" + target.name() + "' with");
    }
    return questions;
  }

  private static void requireTrained(
      Path checkpoint, DatasetConfig target, ConversationBuilder asking, TrainedTasks trained) {
    for (Task task : Task.values()) {
      if (!asking.conversationsOnly()
          && asking.mode().mayBe(task)
          && !trained.isTrained(task, asking.prompts())) {
        throw new UserError(
            "target '%s' of %s: %s"
                .formatted(
                    target.name(),
                    checkpoint,
                    trained
                        .refusal(task)
                        .orElse(
                            "the checkpoint learned %s answers in other words than the recipe's: evaluate it with the recipe it was trained with, or ask all the same with --allow-untrained-mode"
                                .formatted(TrainedTasks.name(task)))));
      }
    }
  }

  private static boolean hasAnswer(Dataset dataset, DataRecord record, long index) {
    return switch (record) {
      case ChatRecord _ -> true;
      case ImageRecord image -> dataset.task(0, index) == Task.DENSE || image.summary().isPresent();
    };
  }
}
