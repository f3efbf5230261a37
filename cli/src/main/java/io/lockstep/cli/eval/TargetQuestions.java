package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.prompt.Prompts;
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
   * @throws UserError naming the targets without validation records, if no target has any
   */
  public static SequencedMap<String, List<Question>> read(
      Path checkpoint, FusionConfig fusion, EmitNorm emitNorm) throws IOException {
    Prompts prompts = CheckpointPrompts.read(checkpoint);
    SequencedMap<String, List<Question>> questions = new LinkedHashMap<>();
    for (DatasetConfig target : fusion.targets()) {
      if (target.valJsonl().isPresent()) {
        questions.put(target.name(), read(target, target.valJsonl().get(), prompts, emitNorm));
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
      DatasetConfig target, Path file, Prompts prompts, EmitNorm emitNorm) {
    List<Question> questions = new ArrayList<>();
    try (Dataset dataset = target.open(file, prompts, emitNorm)) {
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

  private static boolean hasAnswer(Dataset dataset, DataRecord record, long index) {
    return switch (record) {
      case ChatRecord _ -> true;
      case ImageRecord image -> dataset.task(0, index) == Task.DENSE || image.summary().isPresent();
    };
  }
}
