package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is longer than a model's 4096 positions is refused before anything is computed. */
class ContextTest {

  private static final Path MODEL = GoldenFamily.QWEN3_VL.checkpoint();

  @TempDir private static Path folder;
  private static Path data = Path.of("");

  @BeforeAll
  static void drawData() throws IOException {
    DemoData.generate(
        folder.resolve("data"),
        DemoOptions.of(3, 5, DemoStyle.PLAIN).withTexts(0).withHeldout(3).withThreads(1));
    data = folder.resolve("data").resolve("train.jsonl");
  }

  @ParameterizedTest
  @ValueSource(strings = {"validate", "train", "coordinator"})
  void aRunWithLongerSamplesIsRefused(String command) throws IOException {
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(
        recipe,
        """
        global_max_length: 4097
        model: {model: %s}
        data: {train_jsonl: %s, template: target_summary}
        training: {seed: 5, max_steps: 1, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(MODEL, data));
    Path out = folder.resolve("run-" + command);
    List<String> arguments =
        new ArrayList<>(
            command.equals("coordinator") ? List.of(command, "start") : List.of(command));
    arguments.addAll(List.of("--config", recipe.toString()));
    if (!command.equals("validate")) {
      arguments.addAll(List.of("--workers", "1", "--out", out.toString()));
    }
    Said said = Said.by(arguments.toArray(String[]::new));

    assertEquals(1, said.exit(), said.out());
    assertTrue(
        said.err()
            .startsWith(
                "error: global_max_length is 4097 but the model in %s takes sequences of 4096 tokens"
                    .formatted(MODEL)),
        said.err());
    assertEquals(1, said.err().lines().count(), said.err());
    assertFalse(Files.exists(out.resolve("logs")));
  }

  @Test
  void aQuestionThatLeavesNoRoomForItsAnswerIsRefusedByItsPlace() {
    Said said =
        Said.by(
            "eval",
            "--model",
            MODEL.toString(),
            "--data",
            data.toString(),
            "--max-new-tokens",
            "4096");
    assertEquals(1, said.exit(), said.out());
    assertTrue(
        said.err()
            .matches(
                "(?s)error: .*train\\.jsonl:\\d+ has (\\d+) prompt tokens, and with up to 4096 new ones \\d+,"
                    + " but the model takes 4096 at most.*"),
        said.err());
  }

  @Test
  void aPromptThatLeavesNoRoomForItsAnswerIsRefused() {
    Said said = Said.by("generate", "--model", MODEL.toString(), "--prompt", "0 ".repeat(4000));
    assertEquals(1, said.exit(), said.out());
    assertTrue(said.err().contains("the model takes 4096 at most"), said.err());
  }
}
