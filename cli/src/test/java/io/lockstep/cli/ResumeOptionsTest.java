package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.command.ResumeOptions;
import io.lockstep.cli.train.StoredRun;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code lockstep train --resume} refuses before any process is started. */
class ResumeOptionsTest {

  @TempDir private Path folder;

  @BeforeEach
  void keepARun() throws Exception {
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    Files.createDirectory(folder.resolve("run"));
    RunConfig begun = RunConfig.read(recipe(7, 10)).withOutputDir(folder.resolve("run"));
    Files.writeString(folder.resolve("run/run.yaml"), StoredRun.withInputs(begun).toYaml());
  }

  private Path recipe(long seed, int steps) throws IOException {
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        global_max_length: 512
        model: {model: %2$s}
        data: {train_jsonl: train.jsonl, template: target_summary}
        training: {seed: %1$d, max_steps: %3$d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(seed, GoldenFamily.QWEN3_VL.checkpoint(), steps));
  }

  private Said resume(Path recipe, String... more) {
    String[] arguments = {
      "train", "--config", recipe.toString(), "--workers", "1", "--resume", "--out",
    };
    String[] all = new String[arguments.length + 1 + more.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = folder.resolve("run").toString();
    System.arraycopy(more, 0, all, arguments.length + 1, more.length);
    return Said.by(all);
  }

  @Test
  void anotherSeedIsRefusedWithBothValues() throws Exception {
    Said said = resume(recipe(8, 10));
    assertEquals(1, said.exit());
    assertTrue(said.err().contains("training.seed was 7 and is now 8"), said.err());
    assertTrue(said.err().contains("--acknowledge training.seed"), said.err());
  }

  @Test
  void changedDataIsRefusedAlthoughItsNameIsTheSame() throws Exception {
    Path recipe = recipe(7, 10);
    Files.writeString(folder.resolve("train.jsonl"), "[]\n");
    Said said = resume(recipe);
    assertEquals(1, said.exit());
    assertTrue(said.err().contains("inputs.data_sha256 was "), said.err());
  }

  @Test
  void whatIsNotAcknowledgedIsRefusedBesideWhatIs() throws Exception {
    Said said = resume(recipe(8, 20), "--acknowledge", "training.max_steps");
    assertEquals(1, said.exit());
    assertTrue(said.err().contains("training.seed was 7"), said.err());
    assertTrue(!said.err().contains("max_steps"), said.err());
  }

  @Test
  void aFolderWithoutARunIsNamed() throws Exception {
    Path recipe = recipe(7, 10);
    Files.delete(folder.resolve("run/run.yaml"));
    Said said = resume(recipe);
    assertEquals(1, said.exit());
    assertTrue(said.err().contains("holds no run that could go on"), said.err());
  }

  @Test
  void acknowledgingNeedsARunThatGoesOn() throws Exception {
    Said said =
        Said.by(
            "train",
            "--config",
            recipe(7, 10).toString(),
            "--workers",
            "1",
            "--acknowledge",
            "training.seed");
    assertEquals(2, said.exit());
    assertTrue(said.err().contains("--acknowledge needs --resume"), said.err());
  }

  /** For {@code coordinator start --resume-or-start}, which is started again whenever it ends. */
  @Test
  void goesOnOnlyWhereARunHasBegun() throws Exception {
    ResumeOptions options = new ResumeOptions();
    options.resumeIfBegun(folder.resolve("run"));
    assertFalse(options.resume());
    Files.createFile(folder.resolve("run/journal.db"));
    options.resumeIfBegun(folder.resolve("run"));
    assertTrue(options.resume());
    assertEquals(7, options.stored(folder.resolve("run")).orElseThrow().config().seed());
  }
}
