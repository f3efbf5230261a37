package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.dataset.Dataset;
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
import java.util.Map;
import java.util.stream.Collectors;

/** What the targets of a fusion are evaluated with; its sources are left out. */
public final class TargetQuestions {

  private TargetQuestions() {}

  /**
   * The questions of each target's validation records, in the words in which it is trained.
   *
   * @throws UserError naming the targets without validation records, if no target has any
   */
  public static Map<String, List<Question>> read(Path checkpoint, FusionConfig fusion)
      throws IOException {
    Prompts prompts = CheckpointPrompts.read(checkpoint);
    Map<String, List<Question>> questions = new LinkedHashMap<>();
    for (DatasetConfig target : fusion.targets()) {
      if (target.valJsonl().isPresent()) {
        questions.put(target.name(), read(target, target.valJsonl().get(), prompts));
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

  private static List<Question> read(DatasetConfig target, Path file, Prompts prompts) {
    List<Question> questions = new ArrayList<>();
    try (Dataset dataset = target.open(file, prompts)) {
      for (long i = 0; i < dataset.size(); i++) {
        if (hasAnswer(dataset, i)) {
          Conversation answered = dataset.conversation(0, i);
          questions.add(
              new Question(
                  dataset.origin(i).toString(),
                  dataset.promptOnly(0, i),
                  answered,
                  text(answered.messages().getLast())));
        }
      }
    }
    if (questions.isEmpty()) {
      throw new UserError(file + " holds nothing to evaluate target '" + target.name() + "' with");
    }
    return questions;
  }

  private static boolean hasAnswer(Dataset dataset, long index) {
    DataRecord record = dataset.read(index);
    return switch (record) {
      case ChatRecord _ -> true;
      case ImageRecord image -> dataset.task(0, index) == Task.DENSE || image.summary().isPresent();
    };
  }

  private static String text(Message message) {
    return message.contents().stream()
        .filter(Content.Text.class::isInstance)
        .map(content -> ((Content.Text) content).text())
        .collect(Collectors.joining());
  }
}
