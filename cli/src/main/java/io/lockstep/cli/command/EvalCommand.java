package io.lockstep.cli.command;

import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UserError;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.gateway.serving.CheckpointPrompts;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep eval}. */
@Command(
    name = "eval",
    description = "Share of a data file's summaries that a model gives to the character.")
public final class EvalCommand implements Callable<Integer> {

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A checkpoint's folder.")
  private Path model = Path.of("");

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "16",
      description = "Pictures asked about at once (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Option(names = "--wrong", description = "Print each wrong answer.")
  private boolean wrong;

  @Option(names = "--json", description = "Print one JSON object at the end.")
  private boolean json;

  private record Question(String place, Conversation prompt, String truth) {}

  @Mixin private TensorOptions tensors = new TensorOptions();

  @Override
  public Integer call() throws Exception {
    tensors.start();
    List<Question> questions = questions();
    long right = 0;
    try (LoadedModel loaded = LoadedModel.open(model);
        Progress progress = new Progress("  answers", questions.size(), "pictures", 1)) {
      for (int from = 0; from < questions.size(); from += batch) {
        List<Question> part = questions.subList(from, Math.min(from + batch, questions.size()));
        List<Generation> answers =
            loaded
                .generator()
                .generate(
                    part.stream().map(Question::prompt).toList(),
                    GenerationOptions.cached(maxNewTokens));
        for (int i = 0; i < part.size(); i++) {
          right += compare(part.get(i), answers.get(i).text());
        }
        progress.update(from + part.size(), "");
      }
    }
    double share = (double) right / questions.size();
    System.out.printf(
        Locale.ROOT, "summary exact match: %.4f (%d of %d)%n", share, right, questions.size());
    if (json) {
      System.out.println(
          new JsonLine().put("summary_exact_match", share).put("pictures", questions.size()));
    }
    return 0;
  }

  private int compare(Question question, String answer) {
    if (question.truth().equals(answer)) {
      return 1;
    }
    if (wrong) {
      System.out.printf(
          "%s: %s%n  answer: %s%n", question.place(), question.truth(), answer.replace('\n', ' '));
    }
    return 0;
  }

  private List<Question> questions() throws IOException {
    ConversationBuilder builder =
        new ConversationBuilder(CheckpointPrompts.read(model), Mode.SUMMARY, 0);
    List<Question> questions = new ArrayList<>();
    try (Dataset dataset = Dataset.open(data, builder)) {
      for (long i = 0; i < dataset.size(); i++) {
        if (dataset.read(i) instanceof ImageRecord image && image.summary().isPresent()) {
          questions.add(
              new Question(
                  image.origin().toString(),
                  dataset.promptOnly(0, i),
                  image.summary().orElseThrow()));
        }
      }
    }
    if (questions.isEmpty()) {
      throw new UserError(data + " holds no pictures with a summary: there is nothing to evaluate");
    }
    return questions;
  }
}
