package io.lockstep.worker.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.worker.config.RunConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In what training and serving differ, by recipe. */
class ServedDifferencesTest {

  @TempDir private Path folder = Path.of("");

  private RunConfig config(String template, String tuner, String rest) throws Exception {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("data.jsonl"), "");
    return RunConfig.parse(
        """
        global_max_length: 600
        model: {model: model}
        data: {train_jsonl: data.jsonl, template: %s}
        training: {max_steps: 2, per_device_train_batch_size: 2, gradient_accumulation_steps: 1}
        tuner: %s
        %s
        """
            .formatted(template, tuner, rest),
        "test",
        folder);
  }

  private static final String LENGTH =
      "no sample has more than 600 tokens (global_max_length); longer requests are answered with a"
          + " warning";

  @Test
  void aPlainRunDiffersInLengthAlone() throws Exception {
    assertEquals(
        List.of(LENGTH), ServedDifferences.of(config("target_summary", "{train_type: full}", "")));
  }

  @Test
  void whatOnlyTrainingDoesIsNamed() throws Exception {
    RunConfig run =
        config(
            "target_dense",
            "{train_type: lora, lora_dropout: 0.1}",
            """
            custom:
              augmentation: {ops: [{name: hflip, params: {prob: 0.5}}, {name: rotate, params: {prob: 0.2}}]}
              teacher_student: {pool_jsonl: data.jsonl, teacher_ratio: 0.5, num_teacher_samples: 2}
            """);
    assertEquals(
        List.of(
            "pictures are augmented (hflip, rotate); served ones stay as they are",
            "0.5 of the samples follow 2 demonstrations; served pictures follow none",
            "dropout (tuner.lora_dropout 0.1) is of training alone",
            "no dataset teaches summaries, which Stage-A asks for: add one with template"
                + " target_summary or mixed, or don't ask for them",
            LENGTH),
        ServedDifferences.of(run));
  }

  @Test
  void answersThatAreWrittenOnTheWayAreDrawnInTheirOwnWay() throws Exception {
    RunConfig run =
        config(
            "mixed",
            "{train_type: full}",
            "rlhf: {rlhf_type: gkd, teacher_model: model, lmbda: 0.5, max_completion_length: 64}");
    assertEquals(
        List.of(
            "answers are drawn with temperature 0.9 and at most 64 tokens; served ones as each"
                + " request says",
            LENGTH),
        ServedDifferences.of(run));
  }
}
