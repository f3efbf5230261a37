package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.bank.BankReport;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.metrics.MetricsLog;
import io.lockstep.worker.metrics.RunMetrics;
import io.lockstep.worker.metrics.TensorBoardLog;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on pictures into which pieces of others are pasted by way of a bank. */
class BankedTrainingTest {

  /** The first steps have nothing before them to take pieces of. */
  private static final int STEPS = 7;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void weightsAreTheSameBitsOnOneAndTwoWorkersWhateverTheBankHolds() throws Exception {
    float[] alone = ShortTraining.weights(1, config("one", "bank"), STEPS).getFirst();
    Path bank = folder.resolve("one").resolve("patch_bank");
    BankReport report = BankReport.of(bank);
    assertTrue(report.patches() > 0, "nothing was put into the bank");
    assertEquals(0, report.damagedCount());

    assertArrayEquals(
        alone,
        ShortTraining.weights(1, config("one", "bank"), STEPS).getFirst(),
        "with a full bank");
    for (float[] weights : ShortTraining.weights(2, config("two", "bank"), STEPS)) {
      assertArrayEquals(alone, weights, "on two workers");
    }
    assertNotEquals(
        alone[0], ShortTraining.weights(1, config("self", "self"), STEPS).getFirst()[0]);
  }

  @Test
  void whatTheBankGaveIsInTheLogAndItsRoomIsTheRecipes() throws Exception {
    List<JsonNode> first = logged(config("logged", "bank"));
    assertEquals(4, first.size());
    long cut = sum(first, "patch_bank_cut");
    assertTrue(cut > 0 || sum(first, "patch_bank_found") > 0, first::toString);
    BankReport report = BankReport.of(folder.resolve("logged").resolve("patch_bank"));
    assertEquals(report.patches(), sum(first, "patch_bank_added"));
    assertEquals(OptionalLong.of(3 << 20), report.maxBytes());
    List<JsonNode> again = logged(config("logged", "bank"));
    assertEquals(0, sum(again, "patch_bank_cut"));
    assertEquals(0, sum(again, "patch_bank_added"));
    assertEquals(
        sum(first, "patch_bank_found") + cut, sum(again, "patch_bank_found"), "as many pieces");
    assertTrue(logged(config("self", "self")).stream().noneMatch(row -> row.has("patch_bank_cut")));
  }

  private static long sum(List<JsonNode> rows, String key) {
    return rows.stream().mapToLong(row -> row.get(key).longValue()).sum();
  }

  /** The log of a run that only makes its micro-batches, so that none is made ahead. */
  private static List<JsonNode> logged(RunConfig config) throws Exception {
    Path run = Files.createDirectories(config.outputDir().orElseThrow());
    Files.deleteIfExists(run.resolve(MetricsLog.FILE_NAME));
    Directive.NewMembership membership =
        new Directive.NewMembership(1, 0, List.of(), 0, "", List.of(), List.of(), Optional.empty());
    try (RunData data = new RunData(config);
        LoadedModel model = LoadedModel.open(config.model().model());
        TensorBoardLog board = TensorBoardLog.of(run);
        RunMetrics metrics = RunMetrics.open(run, config, data, membership, board)) {
      MicroBatches batches = data.microBatches(model);
      for (int step = 0; step < STEPS; step++) {
        for (int rank = 0; rank < config.batches().virtualRanks(); rank++) {
          batches.make(step, rank);
        }
        metrics.committed(
            new Directive.Commit(1, step, 1, 1, 0, 1, 0),
            new Session.StepTimes(step, 0, 0, 0, 0),
            RunMetrics.Volume.NONE,
            1);
      }
    }
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve(MetricsLog.FILE_NAME))) {
      rows.add(new ObjectMapper().readTree(line));
    }
    return rows;
  }

  private RunConfig config(String run, String sourceMode) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %2$s}
        data: {train_jsonl: %3$s, template: target_dense, patch_bank_mib: 3}
        training: {seed: 5, output_dir: %1$s, logging_steps: 2, max_steps: %4$d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, learning_rate: 1.0e-3, warmup_ratio: 0}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: 2}
        augmentation:
          ops:
            - {name: small_object_zoom_paste, params: {source_mode: %5$s, scale: 1, overlap_threshold: 0.5}}
        """
            .formatted(run, GoldenFamily.QWEN3_VL.checkpoint(), pictures(), STEPS, sourceMode),
        "test",
        folder);
  }

  private Path pictures() throws IOException {
    return ShortTraining.pictures(
        folder, new Geometry.Box(5, 5, 15, 18), new Geometry.Box(40, 30, 50, 44));
  }
}
